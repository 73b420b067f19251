import type { LoggerService } from '@nestjs/common';
import type { AuditTrailEvent } from '@drawbridge/contracts';
import type { JetStreamConnection } from '@drawbridge/jetstream';
import { InMemoryEventStore } from '@drawbridge/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ClusterCalls } from '../clickhouse/cluster-calls.js';
import type { ClusterCall } from '../domain/cluster-call.js';
import { Reconcile } from './reconcile.js';

const ID = '01a202b2-c500-7000-8000-000000000001';
const call: ClusterCall = {
  ...{ connection: 'prod', audit_id: ID, received_at: '2026-11-22T10:00:00.000001Z', stage: 2 },
  ...{ user: 'gateway', impersonated_user: '', impersonated_command: '', impersonated_grant: '' },
  ...{ verb: 'get', api_group: '', api_version: 'v1', resource: 'pods', subresource: '' },
  ...{ namespace: 'default', name: 'p', path: '/api/v1/namespaces/default/pods/p', dry_run: 0 },
  ...{ is_own: 0, status: 200, source_ips: [], user_agent: 'x' },
};

let stored: number;
let last: number;
let seconds: number;
let seen: readonly ClusterCall[];
let failing: boolean;
let events: InMemoryEventStore<AuditTrailEvent>;
let reconcile: Reconcile;
const errors = vi.fn();

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-11-22T10:00:00.000Z') });
  [stored, last, seconds, seen, failing] = [0, 0, 0, [], false];
  errors.mockClear();
  events = new InMemoryEventStore();
  const at = (second: number) => new Date(Date.UTC(2026, 10, 22, 10, 0, second));
  const text = (date: Date) => date.toISOString().slice(0, 23).replace('T', ' ');
  const calls: Pick<ClusterCalls, 'time' | 'noted' | 'commandsOf' | 'usedOften'> = {
    time: (ago?: number) => {
      seconds += 1;
      return Promise.resolve(text(at(seconds - (ago ?? 0))));
    },
    noted: () => (failing ? Promise.reject(new Error('away')) : Promise.resolve(seen)),
    commandsOf: () => Promise.resolve(new Map()),
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
});
