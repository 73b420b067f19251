import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BatchMessage } from './batch-publisher.js';
import { commandLines } from './command-batch.js';
import { GroupCommit, type CommandEntry, type NotStored } from './group-commit.js';
import { NotAcknowledged } from './publish-acknowledged.js';

type Type = CommandEntry['type'];

/** A stream whose acknowledgements a test gives out by hand. */
class Target {
  readonly sent: { id: string; lines: string[] }[] = [];
  readonly #answers: PromiseWithResolvers<undefined>[] = [];

  /** Messages leave when there is a connection. */
  leave: (() => void) | undefined = undefined;
  connected = true;

  publish({ id, bytes }: BatchMessage, left: () => void): Promise<void> {
    this.leave = left;
    if (this.connected) left();
    const headers = { get: () => 'application/x-ndjson' };
    const lines = commandLines({ headers, data: bytes }).map((line) =>
      Buffer.from(line).toString(),
    );
    this.sent.push({ id, lines });
    const answer = Promise.withResolvers<undefined>();
    this.#answers.push(answer);
    return answer.promise;
  }
  async acknowledge(index = this.sent.length - 1): Promise<void> {
    this.#answers[index]?.resolve(undefined);
    await turns();
  }
  async refuse(reason: NotAcknowledged['reason'], index = this.sent.length - 1): Promise<void> {
    this.#answers[index]?.reject(new NotAcknowledged(reason, 'no'));
    await turns();
  }
}

const turns = async () => {
  await turn();
  await turn();
};

function surroundings() {
  const target = new Target();
  const stored: string[] = [];
  const left: string[] = [];
  const delayed: [string, NotStored][] = [];
  const givenUp: string[] = [];
  const onGivenUp = ({ line }: CommandEntry) => givenUp.push(line);
  const commit = new GroupCommit({ target, name: 'log', onGivenUp });
  const add = (line: string, type: Type = 'CommandStarted') => {
    commit.add({
      type,
      commandId: line,
      connection: 'prod',
      line,
      sent: () => left.push(line),
      stored: () => stored.push(line),
      delayed: (why) => delayed.push([line, why]),
    });
  };
  return { target, commit, add, left, stored, delayed, givenUp };
}

const LINGER_MS = 5;
const PACE_MS = 1;
const RETRY_MS = 500;
const pass = async (ms: number) => {
  await vi.advanceTimersByTimeAsync(ms);
  await turns();
};

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const linesOf = ({ sent }: Target) => sent.map(({ lines }) => lines);
const numbers = (count: number) => Array.from({ length: count }, (_, n) => String(n));

describe('group commit', () => {
  it('sends what one turn of the event loop brought in one message', async () => {
    const { target, add, stored } = surroundings();
    for (const line of ['a', 'b', 'c']) add(line);
    await turns();
    expect(target.sent).toStrictEqual([{ id: 'log:1', lines: ['a', 'b', 'c'] }]);
    expect(stored).toStrictEqual([]);
    await target.acknowledge();
    expect(stored).toStrictEqual(['a', 'b', 'c']);
  });

  it('tells each record when it leaves, and again when it leaves again', async () => {
    const { target, add, left } = surroundings();
    add('a');
    expect(left).toStrictEqual([]);
    await turns();
    add('b');
    await turns();
    expect(left).toStrictEqual(['a']);
    target.connected = false;
    await target.refuse('unavailable');
    // The first waits to be tried again, the second for the connection.
    expect(linesOf(target)).toStrictEqual([['a'], ['b']]);
    expect(left).toStrictEqual(['a']);
    target.leave?.();
    target.leave?.();
    expect(left).toStrictEqual(['a', 'b', 'b']);
  });

  it('gathers while a message is under way, and sends with its acknowledgement', async () => {
    const { target, add } = surroundings();
    add('a');
    await turns();
    add('b');
    await turns();
    add('c');
    await turns();
    expect(linesOf(target)).toStrictEqual([['a']]);
    await target.acknowledge();
    expect(linesOf(target)).toStrictEqual([['a'], ['b', 'c']]);
  });

  it('sends full messages beside each other, four at the most', async () => {
    const { target, add, stored, commit } = surroundings();
    for (const line of numbers(2_700)) add(line);
    await turns();
    expect(target.sent.map(({ lines }) => lines.length)).toStrictEqual([500, 500, 500, 500]);
    await target.acknowledge(2);
    expect(target.sent.map(({ lines }) => lines.length)).toStrictEqual([500, 500, 500, 500, 500]);
    for (const index of [0, 1, 3, 4]) await target.acknowledge(index);
    await pass(PACE_MS);
    await target.acknowledge(5);
    expect(target.sent.flatMap(({ lines }) => lines)).toStrictEqual(numbers(2_700));
    expect(stored).toHaveLength(2_700);
    expect([commit.records, commit.characters]).toStrictEqual([0, 0]);
  });

  it('waits a moment after a message of many, so that a fast disk does not make many messages', async () => {
    const { target, add } = surroundings();
    for (const line of numbers(33)) add(line);
    await turns();
    await target.acknowledge();
    add('a');
    await turns();
    add('b');
    await turns();
    expect(target.sent).toHaveLength(1);
    await pass(PACE_MS);
    expect(linesOf(target).slice(1)).toStrictEqual([['a', 'b']]);
    await target.acknowledge();
    // That was a message of few.
    add('c');
    await turns();
    expect(linesOf(target).at(-1)).toStrictEqual(['c']);
  });

  it('bounds a message in size too', async () => {
    const { target, add } = surroundings();
    for (const line of ['a', 'b', 'c']) add(line.repeat(120_000));
    await turns();
    expect(linesOf(target).map((lines) => lines.map((line) => line[0]))).toStrictEqual([
      ['a', 'b'],
    ]);
    await target.acknowledge();
    expect(linesOf(target).at(-1)?.[0]?.[0]).toBe('c');
  });

  it('lets an end wait for a start, but not for long', async () => {
    const { target, add } = surroundings();
    add('end', 'CommandEnded');
    await turns();
    expect(target.sent).toStrictEqual([]);
    add('start');
    await turns();
    expect(linesOf(target)).toStrictEqual([['end', 'start']]);
    await target.acknowledge();
    add('last', 'CommandEnded');
    await pass(LINGER_MS - 1);
    expect(linesOf(target)).toHaveLength(1);
    await pass(1);
    expect(linesOf(target).at(-1)).toStrictEqual(['last']);
  });
});

describe('T26 a message that is not acknowledged', () => {
  it('is sent again as it was, and its records are told once each time', async () => {
    const { target, add, stored, delayed, commit } = surroundings();
    add('a');
    await turns();
    add('b');
    await target.refuse('unavailable');
    expect(delayed).toStrictEqual([
      ['a', 'command_log_unavailable'],
      ['b', 'command_log_unavailable'],
    ]);
    expect(commit.failure).toBe('command_log_unavailable');
    // What came behind it goes on beside it.
    expect(linesOf(target)).toStrictEqual([['a'], ['b']]);
    await target.acknowledge(1);
    expect(stored).toStrictEqual(['b']);
    expect(commit.failure).toBe('command_log_unavailable');
    await pass(RETRY_MS - 1);
    expect(target.sent).toHaveLength(2);
    await pass(1);
    expect(target.sent[2]).toStrictEqual(target.sent[0]);
    await target.acknowledge(2);
    expect(stored).toStrictEqual(['b', 'a']);
    expect([commit.failure, commit.records]).toStrictEqual([undefined, 0]);
  });

  it.each([
    ['full', 'command_log_full'],
    ['refused', 'command_log_unavailable'],
    ['conflict', 'command_log_unavailable'],
  ] as const)('says why: %s', async (reason, why) => {
    const { target, add, delayed, commit } = surroundings();
    add('a');
    await turns();
    await target.refuse(reason);
    expect([delayed, commit.failure]).toStrictEqual([[['a', why]], why]);
    const closing = commit.close(0);
    await pass(0);
    await closing;
  });

  it('keeps the others waiting within bounds', async () => {
    const { target, add, commit } = surroundings();
    for (const line of numbers(5)) {
      add(line, 'CommandRefused');
      await turns();
      await target.refuse('unavailable');
    }
    expect(new Set(target.sent.map(({ id }) => id)).size).toBe(4);
    expect(commit.records).toBe(5);
    const closing = commit.close(0);
    await pass(0);
    expect(await closing).toBe(5);
  });
});

describe('a message that is too large', () => {
  it('is halved until the one record is found, which is given up', async () => {
    const { target, add, stored, delayed, givenUp, commit } = surroundings();
    for (const line of ['a', 'b', 'LARGE', 'd']) add(line);
    await turns();
    for (let index = 0; index < target.sent.length; index += 1) {
      const large = target.sent[index]?.lines.includes('LARGE') === true;
      await (large ? target.refuse('too_large', index) : target.acknowledge(index));
    }
    expect(stored.toSorted()).toStrictEqual(['a', 'b', 'd']);
    expect(delayed).toStrictEqual([['LARGE', 'command_record_too_large']]);
    expect(givenUp).toStrictEqual(['LARGE']);
    expect(new Set(target.sent.map(({ id }) => id)).size).toBe(target.sent.length);
    expect([commit.records, commit.failure]).toStrictEqual([0, undefined]);
  });

  it('that is kept says nothing of those behind it but that they wait', async () => {
    const { target, add, delayed, stored } = surroundings();
    add('end', 'CommandEnded');
    await pass(LINGER_MS);
    add('start');
    await target.refuse('too_large');
    expect(delayed).toStrictEqual([
      ['end', 'command_record_too_large'],
      ['start', 'command_log_unavailable'],
    ]);
    await target.acknowledge();
    expect(stored).toStrictEqual(['start']);
    await pass(RETRY_MS);
    await target.acknowledge();
    expect(stored).toStrictEqual(['start', 'end']);
  });

  it('is kept when it is an end', async () => {
    const { target, add, stored, givenUp, commit } = surroundings();
    add('end', 'CommandEnded');
    await pass(LINGER_MS);
    await target.refuse('too_large');
    expect([commit.failure, commit.records, givenUp]).toStrictEqual([
      'command_record_too_large',
      1,
      [],
    ]);
    await pass(RETRY_MS);
    expect(target.sent).toHaveLength(2);
    await target.acknowledge();
    expect([commit.failure, stored]).toStrictEqual([undefined, ['end']]);
  });
});

describe('closing', () => {
  it('sends at once what lingers, and waits for it', async () => {
    const { target, add, commit } = surroundings();
    add('end', 'CommandEnded');
    const closing = commit.close(5_000);
    await turns();
    expect(linesOf(target)).toStrictEqual([['end']]);
    await target.acknowledge();
    expect(await closing).toBe(0);
  });

  it('tells how many records are lost', async () => {
    const { add, commit } = surroundings();
    add('a');
    add('b');
    const closing = commit.close(10);
    await pass(10);
    expect(await closing).toBe(2);
  });

  it('is quick when nothing waits', async () => {
    expect(await surroundings().commit.close(5_000)).toBe(0);
  });
});
