import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CommandRecord } from '@drawbridge/contracts';
import { CommandRecorder } from './command-recorder.js';

type Started = CommandRecord & { type: 'CommandStarted' };
const at = '2026-01-05T09:00:00.000Z';
const call = {
  commandId: '01a200fc-e240-7ced-950d-def6bcaf0208',
  connection: 'prod',
  at,
  grantId: '01a200fc-e240-7ced-950d-def6bcaf0209',
  method: 'GET',
  path: '/api/v1/pods',
  query: '',
  verb: 'list',
  apiGroup: '',
  apiVersion: 'v1',
  resource: 'pods',
  subresource: '',
  namespace: '',
  name: '',
  clientAddress: '127.0.0.1',
  userAgent: 'test',
};
const started: Started = {
  type: 'CommandStarted',
  ...call,
  decision: { effect: 'allow', reason: 'in_scope', message: '' },
};
const ended = (commandId = call.commandId): CommandRecord & { type: 'CommandEnded' } => ({
  type: 'CommandEnded',
  commandId,
  connection: 'prod',
  grantId: call.grantId,
  at,
  outcome: 'completed',
  statusCode: 200,
  requestBytes: 0,
  responseBytes: 2,
  durationMs: 1,
});
const refused = (more: Partial<CommandRecord & { type: 'CommandRefused' }> = {}) => ({
  ...call,
  type: 'CommandRefused' as const,
  decision: { effect: 'deny' as const, reason: 'no_grant', message: '' },
  statusCode: 403,
  agent: { kind: 'agent' as const, issuer: 'https://idp.test', subject: 'a', groups: [] },
  ...more,
});

/** A bus that can be away. */
function recorderOn({ maxBacklog = 10_000 } = {}) {
  const stored: CommandRecord[] = [];
  const bus = { away: false, hangs: false };
  const warnings: unknown[] = [];
  const none = () => undefined;
  const logger = { log: none, error: none, warn: (line: unknown) => warnings.push(line) };
  const log = {
    record: async (record: CommandRecord) => {
      if (bus.hangs) await new Promise(() => undefined);
      if (bus.away) throw new Error('away');
      stored.push(record);
    },
  };
  return { recorder: new CommandRecorder({ log, logger, maxBacklog }), stored, bus, warnings };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('T26 the recorder', () => {
  it('lets a call go on only when its start is stored', async () => {
    const { recorder, stored, bus } = recorderOn();
    await recorder.start(started);
    expect(stored).toStrictEqual([started]);
    bus.away = true;
    await expect(recorder.start(started)).rejects.toMatchObject({ code: 'record_unavailable' });
  });

  it('says of a start that may have been stored that nothing was forwarded', async () => {
    const { recorder, stored, bus } = recorderOn();
    bus.away = true;
    await recorder.start(started).catch(() => undefined);
    bus.away = false;
    await vi.advanceTimersByTimeAsync(600);
    expect(stored).toMatchObject([
      started,
      { type: 'CommandEnded', outcome: 'cut', reason: 'record_unavailable', statusCode: 503 },
    ]);
  });

  it('keeps an end until it is stored', async () => {
    const { recorder, stored, bus } = recorderOn();
    bus.away = true;
    recorder.end(ended());
    await vi.advanceTimersByTimeAsync(60_000);
    expect([stored.length, recorder.backlog]).toStrictEqual([0, 1]);
    bus.away = false;
    await vi.advanceTimersByTimeAsync(600);
    expect([stored, recorder.backlog]).toStrictEqual([[ended()], 0]);
  });

  it('takes no call while too many ends wait, so that none is ever dropped', async () => {
    const { recorder, stored, bus } = recorderOn({ maxBacklog: 2 });
    bus.away = true;
    recorder.end(ended('1'));
    recorder.end(ended('2'));
    bus.away = false;
    await expect(recorder.start(started)).rejects.toMatchObject({ code: 'record_unavailable' });
    await vi.advanceTimersByTimeAsync(600);
    await recorder.start(started);
    expect(stored).toHaveLength(3);
  });
});

describe('a refusal', () => {
  it('waits for its record, but not for long', async () => {
    const { recorder, stored, bus } = recorderOn();
    await recorder.refused(refused());
    expect(stored).toHaveLength(1);
    bus.hangs = true;
    const waiting = recorder.refused(refused());
    await vi.advanceTimersByTimeAsync(1_000);
    await waiting;
  });

  it('of a flood is recorded in part and counted in full; those of agents are all recorded', async () => {
    const { recorder, stored, warnings } = recorderOn();
    const { agent, ...anonymous } = refused({ statusCode: 401 });
    expect(agent).toBeDefined();
    for (let index = 0; index < 250; index += 1) await recorder.refused(anonymous);
    for (let index = 0; index < 50; index += 1)
      await recorder.refused(refused({ statusCode: 429 }));
    for (let index = 0; index < 250; index += 1) await recorder.refused(refused());
    expect(stored).toHaveLength(200 + 250);
    expect(recorder.unrecorded).toBe(100);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(warnings).toStrictEqual([{ msg: 'refusals counted, not recorded', more: 100 }]);
  });
});

describe('closing', () => {
  it('waits for what is on its way and tells what is lost', async () => {
    const { recorder, bus } = recorderOn();
    bus.away = true;
    recorder.end(ended());
    const lost = recorder.close(5_000);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await lost).toBe(1);
  });

  it('is quick when nothing waits', async () => {
    expect(await recorderOn().recorder.close(5_000)).toBe(0);
  });
});
