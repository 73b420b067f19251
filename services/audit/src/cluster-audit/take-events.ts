import type { OwnCallKeys } from '@drawbridge/runtime';
import { z } from 'zod';
import type { ClusterCalls } from '../clickhouse/cluster-calls.js';
import { isUserOf, type ClusterCall } from '../domain/cluster-call.js';
import type { WatchedCluster } from './cluster-audits.js';
import type { ReportLoss } from './log-losses.js';
import { clusterCall, ClusterEvent, methodOf } from './cluster-event.js';

const EventList = z.object({ kind: z.literal('EventList'), items: z.array(z.unknown()) });
const User = z.object({ user: z.object({ username: z.string().default('') }) });

/** What became of a part of a log. */
export interface Taken {
  /** Calls of the gateway. */
  readonly ours: number;
  /** What is no event that can be read, whosoever it is. */
  readonly unreadable: number;
}

export interface TakeEventsOptions {
  readonly calls: Pick<ClusterCalls, 'insert'>;
  readonly keys: OwnCallKeys | undefined;
  readonly report: ReportLoss;
}

/** Keeps of the log of a cluster what was done by the gateway's user, and of that what it takes to compare it. */
export class TakeEvents {
  #unreadable = 0;

  constructor(private readonly options: TakeEventsOptions) {}

  /** Of all logs together, since the start. */
  get unreadable(): number {
    return this.#unreadable;
  }

  /**
   * Takes events, or lists of events, as they were read. Resolves when they are stored.
   *
   * @param values - what was JSON; `undefined` for what was not
   */
  async take(cluster: WatchedCluster, values: readonly unknown[]): Promise<Taken> {
    const events = values.flatMap((value) => {
      const list = EventList.safeParse(value);
      return list.success ? list.data.items : [value];
    });
    const calls: ClusterCall[] = [];
    let unreadable = 0;
    for (const value of events) {
      const call = this.#callOf(cluster, value);
      if (call === 'unreadable') unreadable += 1;
      else if (call !== undefined) calls.push(call);
    }
    await this.options.calls.insert(calls);
    if (unreadable > 0) await this.unread(cluster, unreadable);
    return { ours: calls.length, unreadable };
  }

  /** Notes what of a log came and cannot be read. @throws EventStoreError */
  async unread({ connection }: Pick<WatchedCluster, 'connection'>, count = 1): Promise<void> {
    await this.options.report(connection, 'log_unreadable');
    this.#unreadable += count;
  }

  #callOf(cluster: WatchedCluster, value: unknown): ClusterCall | 'unreadable' | undefined {
    // Most events are of others: they are not looked at any further.
    const who = User.safeParse(value);
    if (!who.success) return 'unreadable';
    if (!isUserOf(cluster.users, who.data.user.username)) return undefined;
    const event = ClusterEvent.safeParse(value);
    if (!event.success) return 'unreadable';
    const { connection } = cluster;
    return clusterCall(connection, event.data, (seen) => this.#isOwn(connection, seen));
  }

  #isOwn(connection: string, event: ClusterEvent): boolean {
    const { auditID, requestURI: target } = event;
    return (
      this.options.keys?.made(auditID, { connection, method: methodOf(event), target }) ?? false
    );
  }
}
