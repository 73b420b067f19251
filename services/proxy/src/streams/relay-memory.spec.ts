import { describe, expect, it } from 'vitest';
import type { ClientAnswer } from '../listener/client-exchange.js';
import type { UpstreamFlow } from '../upstream/upstream.js';
import { Relay } from './relay.js';
import { TransferTurns } from './transfer-turns.js';

type OnSent = (error?: Error | null) => void;

/** A relay that transforms, whose client takes everything and tells when it has. */
function relayOf(transformed: (chunk: Uint8Array) => readonly Uint8Array[]) {
  const sent: OnSent[] = [];
  const free: Uint8Array[] = [];
  const answer: ClientAnswer = {
    headersSent: true,
    destroyed: false,
    writeContinue: () => undefined,
    writeHead: () => undefined,
    flushHeaders: () => undefined,
    write: (_chunk, onSent) => {
      if (onSent !== undefined) sent.push(onSent);
      return true;
    },
    end: () => undefined,
    destroy: () => undefined,
    on: () => undefined,
  };
  const relay = new Relay({
    request: { complete: true, discardBody: () => undefined },
    answer,
    connection: 'prod',
    commandId: 'a command',
    longRunning: false,
    lastWords: 'none',
    agent: { issuer: 'https://idp.corp.test', subject: 'agent' },
    turns: new TransferTurns(),
    transform: () => ({ push: transformed, end: () => [] }),
  });
  const flow: UpstreamFlow = {
    pause: () => undefined,
    resume: () => undefined,
    abort: () => undefined,
    giveBack: (chunk) => free.push(chunk),
  };
  relay.follow(flow);
  relay.onHead(200, ['Content-Type', 'application/json']);
  return { relay, sent, free };
}

const chunk = Buffer.alloc(65_536);

describe('the memory of a chunk that is transformed', () => {
  it('is free at once when nothing of it is passed on', () => {
    const { relay, free } = relayOf(() => []);
    relay.onData(chunk, false);
    expect(free).toEqual([chunk]);
  });

  it('is free when the last part of it was sent', () => {
    const { relay, sent, free } = relayOf((all) => [all.subarray(0, 9), all.subarray(10)]);
    relay.onData(chunk, false);
    expect(free).toEqual([]);
    expect(sent).toHaveLength(1);
    sent.forEach((onSent) => onSent(null));
    expect(free).toEqual([chunk]);
  });

  it('is nobody’s again when it could not be sent', () => {
    const { relay, sent, free } = relayOf((all) => [all]);
    relay.onData(chunk, false);
    sent.forEach((onSent) => onSent(new Error('closed')));
    expect(free).toEqual([]);
  });
});
