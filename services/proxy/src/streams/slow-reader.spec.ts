import { createServer } from 'node:http';
import { connect, performServerHandshake } from 'node:http2';
import { duplexPair, type Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Principal } from '@drawbridge/contracts';
import type { ClientAnswer } from '../listener/client-exchange.js';
import { Http1Answer } from '../listener/http1-exchange.js';
import { Http1Response } from '../listener/http1-message.js';
import { Http2Answer } from '../listener/http2-exchange.js';
import { CircuitBreaker } from '../upstream/circuit-breaker.js';
import { SocketPool } from '../upstream/socket-pool.js';
import { UpstreamCall } from '../upstream/upstream-call.js';
import { Relay } from './relay.js';
import { TransferTurns } from './transfer-turns.js';

const BODY_BYTES = 64 * 1024 * 1024;
const agent: Principal = { kind: 'agent', issuer: 'https://idp.test', subject: 'slow', groups: [] };
const settle = async () => {
  for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

/** A cluster that sends 64 MiB as fast as they are taken, on streams that hold next to nothing themselves. */
function cluster() {
  const [ours, theirs] = duplexPair();
  let written = 0;
  const chunk = Buffer.alloc(65_536, 'x');
  const more = () => {
    while (written < BODY_BYTES) {
      written += chunk.length;
      if (theirs.write(chunk)) continue;
      theirs.once('drain', more);
      return;
    }
  };
  theirs.once('data', () => {
    theirs.write(`HTTP/1.1 200 OK\r\nContent-Length: ${String(BODY_BYTES)}\r\n\r\n`);
    more();
  });
  return { ours, taken: () => written - theirs.writableLength };
}

/** Passes the cluster's answer on to `answer`. */
function relay(answer: ClientAnswer, ours: Duplex): void {
  const pool = new SocketPool({
    dial: () => Promise.resolve(ours),
    breaker: new CircuitBreaker({ clock: () => new Date(0) }),
    suspended: () => new Error('suspended'),
    maxSockets: 1,
    maxAllSockets: 1,
    atOnce: 1,
    maxWaiting: 1,
    answerSeconds: 60,
  });
  const listener = new Relay({
    request: { complete: true, discardBody: () => undefined },
    answer,
    connection: 'prod',
    commandId: 'c1',
    longRunning: false,
    lastWords: 'none',
    agent,
    turns: new TransferTurns(),
  });
  const request = { method: 'GET', target: '/', headers: [], body: null, longRunning: false };
  const prepared = { refused: () => undefined, headOf: () => 'GET', blockOf: () => 'GET' };
  const call = new UpstreamCall({ agent, request, listener, prepared });
  pool.send(call);
  listener.follow(call);
}

/** A client over HTTP/1.1 that has sent its request; nothing is read from the connection but by `read`. */
function http1(ours: Duplex): Duplex {
  const [client, gateway] = duplexPair();
  const server = createServer({ ServerResponse: Http1Response }, (_request, response) =>
    relay(new Http1Answer(response), ours),
  );
  server.emit('connection', gateway);
  client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  return client;
}

/** The same over HTTP/2, which reads frames, but opens no further window for a stream that is not read. */
function http2(ours: Duplex): Duplex {
  const [client, gateway] = duplexPair();
  performServerHandshake(gateway).on('stream', (stream) => {
    stream.on('error', () => undefined);
    relay(new Http2Answer(stream, false), ours);
  });
  const session = connect('http://x', { createConnection: () => client });
  return session.request({ ':path': '/' }).pause();
}

describe('T25 a client that asks for much and does not read it', () => {
  it.each([
    ['HTTP/1.1', http1],
    ['HTTP/2', http2],
  ])(
    'over %s costs a bounded number of bytes, and gets all of them when it reads',
    async (_, open) => {
      const { ours, taken } = cluster();
      const client = open(ours);
      await settle();
      const held = taken();
      expect(held).toBeGreaterThan(0);
      // What both ends of the streams of this test hold is counted too.
      expect(held).toBeLessThanOrEqual(640 * 1024);
      await settle();
      expect(taken()).toBe(held);
      let read = 0;
      client.resume();
      await new Promise<void>((resolve) => {
        client.on('data', (chunk: Buffer) => {
          read += chunk.length;
          if (read >= BODY_BYTES) resolve();
        });
      });
      expect(taken()).toBe(BODY_BYTES);
      client.destroy();
    },
  );
});
