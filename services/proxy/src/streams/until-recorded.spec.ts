import { describe, expect, it } from 'vitest';
import { CallRefused } from '../domain/call-refused.js';
import type { UpstreamListener } from '../upstream/upstream.js';
import { HeldFlow } from './held-flow.js';
import { UntilRecorded } from './until-recorded.js';

function surroundings({ throwsOn = '' } = {}) {
  const told: unknown[] = [];
  const tell = (name: string, ...words: unknown[]) => {
    told.push([name, ...words]);
    if (name === throwsOn) throw new Error(name);
  };
  const relay: UpstreamListener = {
    onHead: (statusCode) => tell('head', statusCode),
    onData: (chunk, last) => tell('data', chunk.toString(), last),
    onEnd: () => tell('end'),
    onError: (error) => tell('error', error.message),
  };
  const flow: string[] = [];
  const held = new HeldFlow().follow({
    pause: () => flow.push('pause'),
    resume: () => flow.push('resume'),
    abort: () => flow.push('abort'),
  });
  let settle: (refusal?: CallRefused) => void = () => expect.unreachable();
  const record = {
    isStored: false,
    refusal: undefined,
    onSettled: (listener: (refusal: CallRefused | undefined) => void) => {
      settle = (refusal) => listener(refusal);
    },
  };
  const answer = new UntilRecorded(relay, held);
  answer.waitFor(record);
  return { answer, told, flow, held, settle: (refusal?: CallRefused) => settle(refusal) };
}

const head = ['content-type', 'application/json'];

describe('T26 an answer that came before its call was on the record', () => {
  it('is not seen before that, and then whole and in order', () => {
    const { answer, told, flow, settle } = surroundings();
    answer.onHead(200, head);
    answer.onData(Buffer.from('all'), true);
    answer.onEnd();
    expect(told).toStrictEqual([]);
    settle();
    expect(told).toStrictEqual([['head', 200], ['data', 'all', true], ['end']]);
    expect(flow).not.toContain('pause');
  });

  it('is kept as far as it has come, and the rest held back', () => {
    const { answer, told, flow, settle } = surroundings();
    answer.onHead(200, head);
    answer.onData(Buffer.from('one'), false);
    expect(flow).toStrictEqual(['pause']);
    // Of what had arrived already.
    answer.onData(Buffer.from('two'), false);
    expect(told).toStrictEqual([]);
    settle();
    expect(told).toStrictEqual([
      ['head', 200],
      ['data', 'one', false],
      ['data', 'two', false],
    ]);
    expect(flow.at(-1)).toBe('resume');
    answer.onData(Buffer.from('three'), true);
    answer.onEnd();
    expect(told.slice(3)).toStrictEqual([['data', 'three', true], ['end']]);
  });

  it('goes on being held back by who else does', () => {
    const { answer, flow, held, settle } = surroundings();
    answer.onHead(200, head);
    answer.onData(Buffer.from('one'), false);
    held.pause();
    settle();
    expect(flow).not.toContain('resume');
    held.resume();
    expect(flow.at(-1)).toBe('resume');
  });

  it('is passed on as it comes when only its head was early', () => {
    const { answer, told, settle } = surroundings();
    answer.onHead(404, head);
    settle();
    answer.onData(Buffer.from('none'), true);
    answer.onEnd();
    expect(told).toStrictEqual([['head', 404], ['data', 'none', true], ['end']]);
  });

  it('that has no body ends as it came', () => {
    const { answer, told, settle } = surroundings();
    answer.onHead(304, head);
    answer.onEnd();
    settle();
    expect(told).toStrictEqual([['head', 304], ['end']]);
  });

  it('that broke off is told so behind what came', () => {
    const { answer, told, settle } = surroundings();
    answer.onHead(200, head);
    answer.onData(Buffer.from('one'), false);
    answer.onError(new Error('broken'));
    expect(told).toStrictEqual([]);
    settle();
    expect(told).toStrictEqual([
      ['head', 200],
      ['data', 'one', false],
      ['error', 'broken'],
    ]);
  });

  it('is never seen when the call is not recorded in time', () => {
    const { answer, told, flow, settle } = surroundings();
    answer.onHead(200, head);
    answer.onData(Buffer.from('secret'), false);
    settle(new CallRefused('record_unavailable', 'x'));
    expect(told).toStrictEqual([['error', 'x']]);
    expect(flow).not.toContain('resume');
  });

  it('stops nobody else when it cannot be passed on', () => {
    const { answer, told, settle } = surroundings({ throwsOn: 'head' });
    answer.onHead(200, head);
    answer.onData(Buffer.from('all'), true);
    settle();
    expect(told).toStrictEqual([
      ['head', 200],
      ['error', 'head'],
    ]);
  });
});
