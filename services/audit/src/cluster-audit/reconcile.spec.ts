import type { LoggerService } from '@nestjs/common';
import type { AuditTrailEvent } from '@drawbridge/contracts';
import type { JetStreamConnection } from '@drawbridge/jetstream';
import { InMemoryEventStore } from '@drawbridge/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ClusterCalls } from '../clickhouse/cluster-calls.js';
import type { ClusterCall } from '../domain/cluster-call.js';
import type { KnownCommand } from '../domain/explain-call.js';
import { Reconcile } from './reconcile.js';

const ID = '01a202b2-c500-7000-8000-000000000001';
const read: ClusterCall = {
  ...{ connection: 'prod', audit_id: ID, received_at: '2026-11-22T10:00:00.000001Z', stage: 2 },
  ...{ user: 'gateway', impersonated_user: '', impersonated_command: '', impersonated_grant: '' },
  ...{ verb: 'get', api_group: '', api_version: 'v1', resource: 'pods', subresource: '' },
  ...{ namespace: 'default', name: 'p', path: '/api/v1/namespaces/default/pods/p', dry_run: 0 },
  ...{ is_own: 0, status: 200, source_ips: [], user_agent: 'x' },
};

const call: ClusterCall = { ...read, verb: 'delete' };

let stored: number;
let last: number;
let seen: readonly ClusterCall[];
let failing: boolean;
let commands: Map<string, KnownCommand>;
let events: InMemoryEventStore<AuditTrailEvent>;
let reconcile: Reconcile;
const errors = vi.fn();

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-11-22T10:00:00.000Z') });
  [stored, last, seen, failing] = [0, 0, [], false];
  commands = new Map();
  errors.mockClear();
  events = new InMemoryEventStore();
  const text = (ms: number) => new Date(ms).toISOString().slice(0, 23).replace('T', ' ');
  const calls: Pick<ClusterCalls, 'time' | 'noted' | 'commandsOf' | 'usedOften'> = {
    time: (ago?: number) => Promise.resolve(text(Date.now() - (ago ?? 0) * 1_000)),
    noted: () => (failing ? Promise.reject(new Error('away')) : Promise.resolve(seen)),
    commandsOf: () => Promise.resolve(commands),
    usedOften: () => Promise.resolve(new Map()),
  };
  const manager = {
    streams: { info: () => Promise.resolve({ state: { last_seq: last } }) },
    consumers: { info: () => Promise.resolve({ ack_floor: { stream_seq: stored } }) },
  };
  reconcile = new Reconcile({
    connection: { manager } as unknown as JetStreamConnection,
    calls: calls as ClusterCalls,
    clusters: () => new Map([['prod', { connection: 'prod', users: ['gateway'] }]]),
    events,
    clock: () => new Date(),
    logger: { error: errors } as unknown as LoggerService,
  });
  reconcile.start();
});
afterEach(async () => {
  await reconcile.close();
  vi.useRealTimers();
});

const raised = () => errors.mock.calls.filter(([line]) => Reflect.get(Object(line), 'alarm'));

describe('comparing a cluster with the record', () => {
  it('judges nothing while the table lacks what was recorded by then, however long that takes', async () => {
    last = 7;
    seen = [call];
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(raised()).toHaveLength(0);
    // What is recorded since is not waited for.
    last = 1_000_000;
    stored = 7;
    await vi.advanceTimersByTimeAsync(2_000);
    expect(raised()).toHaveLength(1);
  });

  it('raises an alarm once, in however many passes it is found', async () => {
    seen = [call];
    await vi.advanceTimersByTimeAsync(60_000);
    expect(raised()).toHaveLength(1);
  });

  it('goes on when the store has been away, and says that it was', async () => {
    failing = true;
    seen = [call];
    await vi.advanceTimersByTimeAsync(5_000);
    expect(errors).toHaveBeenCalledWith(expect.objectContaining({ msg: 'clusters not compared' }));
    failing = false;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(raised()).toHaveLength(1);
  });

  it('raises each alarm as itself when events could not be appended for long', async () => {
    const append = vi.spyOn(events, 'append').mockRejectedValue(new Error('away'));
    seen = [read, { ...call, audit_id: 'b7a2c1f0-7e57-4b7c-8b39-0d1c9a5e4f10' }];
    await vi.advanceTimersByTimeAsync(150_000);
    append.mockRestore();
    await vi.advanceTimersByTimeAsync(30_000);
    const verbs = raised().map(([line]) => String(Reflect.get(Object(line), 'verb')));
    expect(verbs.toSorted()).toStrictEqual(['delete', 'get']);
    expect(events.log).toHaveLength(2);
    expect(JSON.stringify(events.log)).not.toContain('andMore');
  });

  describe('of a plain read without a record, which may be on its way', () => {
    const command: KnownCommand = {
      ...{ connection: 'prod', effect: 'allow', grant_id: null, method: 'GET', query: '' },
      ...{ path: read.path, verb: 'get', api_group: '', resource: 'pods', subresource: '' },
      ...{ namespace: 'default', received_at: '2026-11-22T10:00:00.000Z', ended_at: null },
    };

    it('raises the alarm ten seconds later', async () => {
      seen = [read];
      await vi.advanceTimersByTimeAsync(10_500);
      expect(raised()).toHaveLength(0);
      await vi.advanceTimersByTimeAsync(3_000);
      expect(raised()).toHaveLength(1);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(raised()).toHaveLength(1);
    });

    it('raises none when it comes meanwhile', async () => {
      seen = [read];
      await vi.advanceTimersByTimeAsync(5_000);
      commands = new Map([[ID, command]]);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(raised()).toHaveLength(0);
    });

    it('counts the seconds to where the table is, however late that is', async () => {
      seen = [read];
      await vi.advanceTimersByTimeAsync(1_000);
      last = 7;
      await vi.advanceTimersByTimeAsync(3_600_000);
      // What had been recorded a second after the call was found says nothing yet.
      stored = 7;
      await vi.advanceTimersByTimeAsync(1_000);
      expect(raised()).toHaveLength(0);
      await vi.advanceTimersByTimeAsync(2_000);
      expect(raised()).toHaveLength(1);
    });

    it('forgets none when the store is away', async () => {
      seen = [read];
      await vi.advanceTimersByTimeAsync(5_000);
      failing = true;
      await vi.advanceTimersByTimeAsync(60_000);
      [failing, seen] = [false, []];
      await vi.advanceTimersByTimeAsync(3_000);
      expect(raised()).toHaveLength(1);
    });

    it.each([
      ['another id', { audit_id: 'b7a2c1f0-7e57-4b7c-8b39-0d1c9a5e4f10' }],
      ['a watch', { verb: 'watch' }],
      ['a log', { subresource: 'log' }],
      ['what is no resource', { resource: '', path: '/healthz' }],
    ])('waits for no record of %s', async (_what, more) => {
      seen = [{ ...read, ...more }];
      await vi.advanceTimersByTimeAsync(2_000);
      expect(raised()).toHaveLength(1);
    });
  });
});
