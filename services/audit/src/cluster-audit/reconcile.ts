import type { LoggerService } from '@nestjs/common';
import type { AuditTrailEvent } from '@drawbridge/contracts';
import { COMMANDS_STREAM, type JetStreamConnection } from '@drawbridge/jetstream';
import { handleCommand, type Clock, type EventStore } from '@drawbridge/kernel';
import { uuidV7 } from '@drawbridge/runtime';
import { OVERLAP_SECONDS, type ClusterCalls } from '../clickhouse/cluster-calls.js';
import { alarms, foundOf, type Found } from '../domain/alarm.js';
import type { ClusterCall } from '../domain/cluster-call.js';
import { unexplained } from '../domain/explain-call.js';
import { DURABLE } from '../nats/ingest.js';
import { alarmKey, minuteKey } from './alarm-key.js';
import type { WatchedClusters } from './cluster-audits.js';
import { ReadsOnTheirWay, RECORD_SECONDS } from './reads-on-their-way.js';

const PASS_MS = 1_000;
const PAGE = 1_000;
/** What is found again after a restart has been said already. */
const LOOK_BACK_SECONDS = 86_400;
/** One by one; what is more in a minute is one alarm. */
const MAX_PER_MINUTE = 100;
/** Calls that were judged, so that the next pass need not. */
const MAX_REMEMBERED = 100_000;
const COMMAND_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export interface ReconcileOptions {
  readonly connection: JetStreamConnection;
  readonly calls: ClusterCalls;
  readonly clusters: WatchedClusters;
  readonly events: EventStore<AuditTrailEvent>;
  readonly clock: Clock;
  readonly logger: LoggerService;
}

/** What was noted up to `until` can be judged when the table has the stream up to `sequence`. */
interface Horizon {
  readonly until: string;
  /** The records of reads that were found up to here have come, too. */
  readonly settled: string;
  readonly sequence: number;
}

/**
 * Compares what clusters saw with the record, and raises an alarm for what the record does not explain.
 *
 * What may change anything is on the stream before it is forwarded, so all of it that a cluster can have seen by now is
 * explained by what the stream holds by now. Only when the table has all of that is anything judged; an ingest that is
 * behind makes alarms late and never wrong. Of plain reads the record may still be on its way, so they are judged again
 * ten seconds later. Passes may be done by several replicas, and again after a restart.
 */
export class Reconcile {
  #after: string | undefined;
  #horizon: Horizon | undefined;
  #judged = new Set<string>();
  readonly #reads = new ReadsOnTheirWay();
  #ofMinutes = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #closing = false;

  constructor(private readonly options: ReconcileOptions) {}

  start(): void {
    this.#schedule();
  }

  async close(): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #schedule(): void {
    if (this.#closing) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#pass()
        .catch((err: unknown) => {
          if (!this.#closing) this.options.logger.error({ msg: 'clusters not compared', err });
        })
        .finally(() => this.#schedule());
    }, PASS_MS).unref();
  }

  async #pass(): Promise<void> {
    const { clusters, calls } = this.options;
    if (clusters().size === 0) return;
    this.#after ??= await calls.time(LOOK_BACK_SECONDS);
    const horizon = (this.#horizon ??= await this.#look());
    if (!(await this.#isStored(horizon.sequence))) return;
    await this.#judgeReads(horizon.settled);
    await this.#judgeAll({ after: this.#after, until: horizon.until });
    this.#horizon = undefined;
    // Rows may come into sight later than they were noted.
    this.#after = await this.#overlapping(horizon.until);
  }

  /** The times first: what is noted later may be of commands behind the position. */
  async #look(): Promise<Horizon> {
    const settled = await this.options.calls.time(RECORD_SECONDS);
    const until = await this.options.calls.time();
    const { state } = await this.options.connection.manager.streams.info(COMMANDS_STREAM);
    return { until, settled, sequence: state.last_seq };
  }

  async #isStored(sequence: number): Promise<boolean> {
    const { manager } = this.options.connection;
    const { ack_floor: stored } = await manager.consumers.info(COMMANDS_STREAM, DURABLE);
    return stored.stream_seq >= sequence;
  }

  async #overlapping(until: string): Promise<string> {
    const earlier = await this.options.calls.time(OVERLAP_SECONDS);
    return earlier < until ? earlier : until;
  }

  async #judgeAll(noted: { readonly after: string; readonly until: string }): Promise<void> {
    const seen = new Set<string>();
    let last: ClusterCall | undefined;
    for (;;) {
      const page = await this.options.calls.noted(noted, last, PAGE);
      await this.#judge(
        page.filter((call) => !this.#judged.has(nameOf(call))),
        noted.until,
      );
      for (const call of page) {
        // Those of a day, after a restart, or of a flood: judged once more they come to the same.
        if (seen.size >= MAX_REMEMBERED) seen.clear();
        seen.add(nameOf(call));
      }
      last = page.at(-1);
      if (page.length < PAGE || this.#closing) break;
    }
    this.#judged = seen;
  }

  async #judgeReads(settled: string): Promise<void> {
    const due = this.#reads.due(settled);
    for (let from = 0; from < due.length; from += PAGE) {
      await this.#judge(due.slice(from, from + PAGE), undefined);
    }
    if (due.length > 0) this.#reads.forget(settled);
  }

  /** @param foundAt - since when records may still come; undefined when they had their time */
  async #judge(page: readonly ClusterCall[], foundAt: string | undefined): Promise<void> {
    const { calls, clusters } = this.options;
    const [first] = page;
    if (first === undefined) return;
    const ids = [...new Set(page.map(({ audit_id }) => audit_id))];
    const commands = await calls.commandsOf(ids.filter((id) => COMMAND_ID.test(id)));
    // One that is not over may have been used long ago.
    const began = [...commands.values()].map(({ received_at }) => received_at);
    const earliest = [first.received_at, ...began].toSorted()[0] ?? first.received_at;
    const often = await calls.usedOften(ids, earliest);
    for (const call of page) {
      const command = commands.get(call.audit_id);
      const uses = often.get(call.audit_id) ?? 1;
      const { impersonatingSince } = clusters().get(call.connection) ?? {};
      const reason = unexplained(call, { command, isSeenBefore: uses > 1, impersonatingSince });
      if (reason === undefined) continue;
      if (command === undefined && this.#mayCome(call, foundAt)) continue;
      await this.#raise(call, {
        key: alarmKey(call, reason, uses),
        found: foundOf(call, reason, command !== undefined),
      });
    }
  }

  /** Whether its record may be on its way; then it is looked at again. */
  #mayCome(call: ClusterCall, foundAt: string | undefined): boolean {
    if (foundAt === undefined || !COMMAND_ID.test(call.audit_id)) return false;
    return this.#reads.keep(nameOf(call), call, foundAt);
  }

  async #raise(call: ClusterCall, alarm: { readonly key: string; found: Found }): Promise<void> {
    const isOneTooMany = this.#isOneTooMany(call);
    const aggregateId = isOneTooMany ? minuteKey(call) : alarm.key;
    const found = isOneTooMany ? { ...alarm.found, andMore: true } : alarm.found;
    const { events, clock, logger } = this.options;
    const at = clock();
    const id = uuidV7(at);
    const actor = { kind: 'service', id: 'audit' } as const;
    const { appended } = await handleCommand(events, alarms, {
      aggregateId,
      command: { type: 'RaiseAlarm', found },
      metadata: { id, causationId: id, actor, at: at.toISOString() },
    });
    this.#countIn(call);
    if (appended === undefined) return;
    const { connection, reason, auditId } = found;
    const { user, verb, path, sourceAddresses } = found.call;
    logger.error({
      msg: 'a cluster saw a call with the credential of the gateway that is not on the record',
      ...{ alarm: aggregateId, connection, reason, auditId, user, verb, path, sourceAddresses },
    });
  }

  #isOneTooMany(call: ClusterCall): boolean {
    return (this.#ofMinutes.get(minuteOf(call)) ?? 0) >= MAX_PER_MINUTE;
  }

  /** Once it is raised, and no sooner: one that could not be raised is found again by the next pass. */
  #countIn(call: ClusterCall): void {
    const minute = minuteOf(call);
    const count = (this.#ofMinutes.get(minute) ?? 0) + 1;
    // The latest minutes are enough: calls come about in their order.
    if (this.#ofMinutes.size > 1_000) this.#ofMinutes = new Map();
    this.#ofMinutes.set(minute, count);
  }
}

const minuteOf = ({ connection, received_at }: ClusterCall): string =>
  `${connection} ${received_at.slice(0, 16)}`;

/** A later stage tells more: who is impersonated is not known when a call is received. */
const nameOf = ({ connection, audit_id, received_at, stage }: ClusterCall): string =>
  `${connection} ${audit_id} ${received_at} ${stage}`;
