import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CommandBody, CommandRecord } from '@drawbridge/contracts';
import type { CommandEntry, CommandLog, CommandLogErrorCode } from '@drawbridge/jetstream';
import { bodyLine } from '../bodies/body-line.js';
import type { RefusedCall } from '../chain/answer-refusals.js';
import type { ReadRecord } from '../chain/record-call.js';
import { CommandRecorder } from './command-recorder.js';

const receivedAt = new Date('2026-01-05T09:00:00.000Z');
const callOf = (commandId = '01a200fc-e240-7ced-950d-def6bcaf0208') => ({
  commandId,
  connection: 'prod',
  grant: { grantId: '01a200fc-e240-7ced-950d-def6bcaf0209' },
  receivedAt,
});
const call = callOf();
const refused = (more: Partial<RefusedCall> = {}): RefusedCall => ({
  commandId: call.commandId,
  connection: 'prod',
  line: '{"refused":true}',
  cheap: false,
  ...more,
});

/** A log that stores at once, or keeps what it gets while the bus is away. */
class LogInMemory implements CommandLog {
  readonly stored: string[] = [];
  readonly kept: CommandEntry[] = [];
  failure: CommandLogErrorCode | undefined;
  behind = false;
  readonly givenUp = 0;
  /** It neither stores nor says that it does not. */
  hangs = false;

  get refusal(): CommandLogErrorCode | undefined {
    return this.failure ?? (this.behind ? 'command_log_behind' : undefined);
  }
  get records(): number {
    return this.kept.length;
  }
  bytes = 0;
  add(entry: CommandEntry): void {
    this.kept.push(entry);
    this.bytes += entry.line.length;
    if (!this.hangs && this.failure === undefined) this.store();
  }
  fail(why: CommandLogErrorCode): void {
    this.failure = why;
    for (const entry of [...this.kept]) if (why !== 'command_log_behind') entry.delayed(why);
  }
  store(): void {
    this.failure = undefined;
    this.bytes = 0;
    for (const entry of this.kept.splice(0)) {
      this.stored.push(entry.line);
      entry.stored();
    }
  }
  close(): Promise<number> {
    return Promise.resolve(this.kept.length);
  }
}

function recorderOn({ maxBacklog = 10_000 } = {}) {
  const warnings: unknown[] = [];
  const none = () => undefined;
  const logger = { log: none, error: none, warn: (line: unknown) => warnings.push(line) };
  const log = new LogInMemory();
  return { recorder: new CommandRecorder({ log, logger, maxBacklog }), log, warnings };
}

const unavailable = { code: 'record_unavailable' };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('T26 the recorder', () => {
  it('lets a call go on only when its start is stored', async () => {
    const { recorder, log } = recorderOn();
    log.hangs = true;
    let passed = false;
    const start = recorder.start(call, 'start').then(() => (passed = true));
    await vi.advanceTimersByTimeAsync(4_000);
    expect(passed).toBe(false);
    log.store();
    await start;
    expect(log.stored).toStrictEqual(['start']);
  });

  it('says of a start that may have been stored that nothing was forwarded, once', async () => {
    const { recorder, log } = recorderOn();
    log.hangs = true;
    const start = recorder.start(call, 'start');
    log.fail('command_log_unavailable');
    log.fail('command_log_unavailable');
    await expect(start).rejects.toMatchObject({
      ...unavailable,
      cause: { code: 'command_log_unavailable' },
    });
    log.store();
    expect(log.stored[0]).toBe('start');
    expect(log.stored.slice(1).map((line) => CommandRecord.parse(JSON.parse(line)))).toStrictEqual([
      {
        type: 'CommandEnded',
        commandId: call.commandId,
        connection: 'prod',
        grantId: call.grant.grantId,
        at: receivedAt.toISOString(),
        outcome: 'cut',
        reason: 'record_unavailable',
        statusCode: 503,
        requestBytes: 0,
        responseBytes: 0,
        durationMs: 0,
      },
    ]);
  });

  it('leaves no end behind a start that was never stored and never will be', async () => {
    const { recorder, log } = recorderOn();
    log.hangs = true;
    const start = recorder.start(call, 'start');
    log.kept.splice(0)[0]?.delayed('command_record_too_large');
    await expect(start).rejects.toMatchObject(unavailable);
    expect(log.kept).toStrictEqual([]);
  });

  it.each(['command_log_unavailable', 'command_log_full', 'command_record_too_large'] as const)(
    'takes no call while records are not stored: %s; but ends',
    (why) => {
      const { recorder, log } = recorderOn();
      log.fail(why);
      expect(() => recorder.start(call, 'start')).toThrow(expect.objectContaining(unavailable));
      expect(recorder.healthy).toBe(false);
      recorder.end(call, 'end');
      expect(log.kept.map(({ line }) => line)).toStrictEqual(['end']);
    },
  );

  it('takes no call while audit is too far behind', () => {
    const { recorder, log } = recorderOn();
    log.behind = true;
    expect(() => recorder.start(call, 'start')).toThrow(expect.objectContaining(unavailable));
    recorder.end(call, 'end');
    expect(log.stored).toStrictEqual(['end']);
  });

  it('takes no call while too many records wait, so that none is ever dropped', async () => {
    const { recorder, log } = recorderOn({ maxBacklog: 2 });
    log.hangs = true;
    recorder.end(callOf('1'), 'one');
    recorder.end(callOf('2'), 'two');
    expect(() => recorder.start(call, 'start')).toThrow(expect.objectContaining(unavailable));
    expect(recorder.figures()).toMatchObject({ recordsWaiting: 2 });
    recorder.end(callOf('3'), 'three');
    log.hangs = false;
    log.store();
    await recorder.start(call, 'start');
    expect(log.stored).toStrictEqual(['one', 'two', 'three', 'start']);
  });

  it('takes no call while what waits is too large', () => {
    const { recorder, log } = recorderOn();
    log.hangs = true;
    for (let index = 0; index < 33; index += 1) recorder.end(call, 'x'.repeat(1_048_576));
    expect(() => recorder.start(call, 'start')).toThrow(expect.objectContaining(unavailable));
  });
});

describe('T26 a read', () => {
  const settled = (record: ReadRecord) => {
    const said: unknown[] = [];
    record.onSettled((refusal) => said.push(refusal?.code ?? 'stored'));
    return said;
  };
  /** The state of a promise, once the turn is over. */
  const isPending = async (promise: Promise<void>) => {
    let pending = true;
    promise.then(
      () => (pending = false),
      () => (pending = false),
    );
    await vi.advanceTimersByTimeAsync(0);
    return pending;
  };

  it('goes on when its start has left, and is answered when that is stored', async () => {
    const { recorder, log } = recorderOn();
    log.hangs = true;
    const record = recorder.startRead(call, 'start', 'body');
    const said = settled(record);
    expect(await isPending(record.left)).toBe(true);
    log.kept[0]?.sent?.();
    await record.left;
    expect([record.isStored, said]).toStrictEqual([false, []]);
    log.store();
    expect([record.isStored, said]).toStrictEqual([true, ['stored']]);
    expect(log.stored).toStrictEqual(['body\nstart']);
  });

  it('goes on when its start was stored without anybody having seen it leave', async () => {
    const { recorder } = recorderOn();
    const record = recorder.startRead(call, 'start');
    await record.left;
    expect(record.isStored).toBe(true);
  });

  it('is refused when its start is not stored in time, before or after it left; once, and its end is not ours', async () => {
    const { recorder, log } = recorderOn();
    log.hangs = true;
    const [waiting, gone] = [recorder.startRead(call, 'a'), recorder.startRead(call, 'b')];
    const said = [settled(waiting), settled(gone)];
    log.kept[1]?.sent?.();
    log.fail('command_log_unavailable');
    log.fail('command_log_unavailable');
    await expect(waiting.left).rejects.toMatchObject(unavailable);
    await gone.left;
    expect(said).toStrictEqual([['record_unavailable'], ['record_unavailable']]);
    log.store();
    // Stored after all: nobody waits any more, and it must not look as if it had been in time.
    expect([waiting.isStored, gone.isStored, waiting.isGivenUp]).toStrictEqual([
      false,
      false,
      false,
    ]);
    expect(said).toStrictEqual([['record_unavailable'], ['record_unavailable']]);
    expect(gone.refusal).toMatchObject(unavailable);
    expect(log.stored).toStrictEqual(['a', 'b']);
  });

  it('says when its start will never be stored', async () => {
    const { recorder, log } = recorderOn();
    log.hangs = true;
    const record = recorder.startRead(call, 'start');
    log.kept.splice(0)[0]?.delayed('command_record_too_large');
    await expect(record.left).rejects.toMatchObject(unavailable);
    expect(record.isGivenUp).toBe(true);
  });

  it.each(['command_log_unavailable', 'command_log_behind'] as const)(
    'is not taken while no call is: %s',
    (why) => {
      const { recorder, log } = recorderOn();
      log.behind = why === 'command_log_behind';
      if (!log.behind) log.fail(why);
      expect(() => recorder.startRead(call, 'start')).toThrow(expect.objectContaining(unavailable));
    },
  );
});

describe('T26 calls that run while the bus is away', () => {
  const content = 'x'.repeat(32_768);
  const head = { direction: 'response', at: receivedAt, contentType: 'text/plain' } as const;
  const of = { ...call, ...head };
  const sha256 = 'a'.repeat(64);
  const body = bodyLine(of, {
    ...{ bytes: content.length, sha256, content: Buffer.from(content), objects: [] },
    cut: undefined,
  });

  it('end on the record, thousands of them, and give up bodies before memory', () => {
    const { recorder, log } = recorderOn();
    log.fail('command_log_unavailable');
    for (let index = 0; index < 5_000; index += 1) {
      recorder.body(call, body);
      recorder.end(call, `end ${index}`);
    }
    expect(log.bytes).toBeLessThan(67_108_864 + 5_000 * 1_024);
    expect(log.kept).toHaveLength(10_000);
    expect(log.kept.at(-1)?.line).toBe('end 4999');
    const bodies = log.kept.filter(({ type }) => type === 'CommandBody').map(({ line }) => line);
    const kept = bodies.findIndex((line) => !line.includes(content));
    expect(kept).toBe(2_029);
    const last = CommandBody.parse(JSON.parse(bodies.at(-1) ?? ''));
    expect(last).toMatchObject({ content: '', cut: 'record_backlog', kept: 0, sha256 });
    expect(last.bytes).toBe(content.length);
  });

  it('show nothing more of a session until what waits is stored', () => {
    const { recorder, log } = recorderOn({ maxBacklog: 2 });
    log.hangs = true;
    const piece = { ...call, line: '{}', stored: () => undefined, delayed: () => undefined };
    expect([recorder.piece(piece), recorder.piece(piece)]).toStrictEqual([true, false]);
  });
});

describe('a refusal', () => {
  it('waits for its record, but not for long', async () => {
    const { recorder, log } = recorderOn();
    await recorder.refused(refused());
    expect(log.stored).toHaveLength(1);
    log.hangs = true;
    const waiting = recorder.refused(refused());
    await vi.advanceTimersByTimeAsync(1_000);
    await waiting;
    log.fail('command_log_unavailable');
    await recorder.refused(refused());
    expect(log.kept).toHaveLength(2);
  });

  it('of a flood is recorded in part and counted in full; those of agents are all recorded', async () => {
    const { recorder, log, warnings } = recorderOn();
    for (let index = 0; index < 300; index += 1) await recorder.refused(refused({ cheap: true }));
    for (let index = 0; index < 250; index += 1) await recorder.refused(refused());
    expect(log.stored).toHaveLength(200 + 250);
    expect(recorder.figures()['refusalsUnrecorded']).toBe(100);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(warnings).toStrictEqual([{ msg: 'refusals counted, not recorded', more: 100 }]);
  });
});
