import { performance } from 'node:perf_hooks';
import { z } from 'zod';
import type { ClusterCall } from '../domain/cluster-call.js';
import type { KnownCommand } from '../domain/explain-call.js';
import type { AuditStore } from './select-page.js';
import { BOUNDS } from './select-rows.js';

/** Whoever looks for new rows looks back so far: a row may be seen later than its time by as long as its insert took. */
export const OVERLAP_SECONDS = 10;
const SLOW_INSERT_MS = (OVERLAP_SECONDS * 1_000) / 2;
const EARLIER_HOURS = 25;

const flag = z.union([z.literal(0), z.literal(1)]);
const Row = z.object({
  connection: z.string(),
  audit_id: z.string(),
  received_at: z.string(),
  stage: z.number(),
  user: z.string(),
  impersonated_user: z.string(),
  impersonated_command: z.string(),
  impersonated_grant: z.string(),
  verb: z.string(),
  api_group: z.string(),
  api_version: z.string(),
  resource: z.string(),
  subresource: z.string(),
  namespace: z.string(),
  name: z.string(),
  path: z.string(),
  dry_run: flag,
  is_own: flag,
  status: z.number(),
  source_ips: z.array(z.string()),
  user_agent: z.string(),
}) satisfies z.ZodType<ClusterCall>;

const Command = z.object({
  id: z.string(),
  connection: z.string(),
  effect: z.string(),
  grant_id: z.string().nullable(),
  method: z.string(),
  path: z.string(),
  query: z.string(),
  verb: z.string(),
  api_group: z.string(),
  resource: z.string(),
  subresource: z.string(),
  namespace: z.string(),
  received_at: z.string(),
  ended_at: z.string().nullable(),
});

/** When rows were noted, by the clock of the store. */
export interface NotedBetween {
  readonly after: string;
  readonly until: string;
}

/** The calls that clusters saw, and what the record has to say of them. */
export class ClusterCalls {
  constructor(private readonly store: AuditStore) {}

  /** Resolves when the calls are stored; the same ones again change nothing. */
  async insert(calls: readonly ClusterCall[]): Promise<void> {
    if (calls.length === 0) return;
    const { client, database } = this.store;
    let began: number;
    do {
      began = performance.now();
      await client.insert({
        table: `${database}.cluster_calls`,
        values: calls,
        format: 'JSONEachRow',
        clickhouse_settings: {
          date_time_input_format: 'best_effort',
          input_format_skip_unknown_fields: 0,
          async_insert: 0,
          wait_end_of_query: 1,
        },
      });
      // Noted when it began: who looked meanwhile would not find it any more.
    } while (performance.now() - began > SLOW_INSERT_MS);
  }

  /** The time by the store's clock, so many seconds ago. */
  async time(secondsAgo = 0): Promise<string> {
    const rows = await this.#rows(
      "SELECT toString(now64(3, 'UTC') - toIntervalSecond({ago:UInt32})) AS at",
      { ago: secondsAgo },
    );
    const [{ at }] = z.tuple([z.object({ at: z.string() })]).parse(rows);
    return at;
  }

  /** A page of what was noted in a time, in the order of the calls, behind `from`. */
  async noted(
    { after, until }: NotedBetween,
    from: Pick<ClusterCall, 'received_at' | 'connection' | 'audit_id'> | undefined,
    limit: number,
  ): Promise<readonly ClusterCall[]> {
    const {
      received_at = '1970-01-02 00:00:00.000000',
      connection = '',
      audit_id = '',
    } = from ?? {};
    const rows = await this.#rows(
      `SELECT ${Object.keys(Row.shape).join(', ')} FROM ${this.store.database}.cluster_calls FINAL
WHERE noted_at > {after:DateTime64(3, 'UTC')} AND noted_at <= {until:DateTime64(3, 'UTC')}
  AND (received_at, connection, audit_id) > ({at:DateTime64(6, 'UTC')}, {connection:String}, {id:String})
ORDER BY received_at, connection, audit_id LIMIT {limit:UInt32}`,
      {
        ...{ after, until, limit, connection, id: audit_id },
        at: received_at.replace('T', ' ').replace('Z', ''),
      },
    );
    return z.array(Row).parse(rows);
  }

  /** The commands that have these ids, by id. */
  async commandsOf(ids: readonly string[]): Promise<ReadonlyMap<string, KnownCommand>> {
    if (ids.length === 0) return new Map();
    const rows = await this.#rows(
      `SELECT toString(command_id) AS id, connection, effect, grant_id, method, path, query, verb, api_group, resource,
  subresource, namespace, received_at, ended_at
FROM ${this.store.database}.commands FINAL
WHERE (received_at, command_id) IN (
  SELECT UUIDv7ToDateTime(id, 'UTC') AS at, id FROM (SELECT arrayJoin({ids:Array(UUID)}) AS id))`,
      { ids },
    );
    const commands = z.array(Command).parse(rows);
    return new Map(commands.map(({ id, ...command }) => [id, command]));
  }

  /** How many calls with these ids clusters have seen up to now; those with one are left out. */
  async usedOften(ids: readonly string[], earliest: string): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#rows(
      `SELECT audit_id AS id, toUInt32(uniqExact(received_at, connection)) AS uses FROM ${this.store.database}.cluster_calls
WHERE audit_id IN {ids:Array(String)}
  AND received_at >= {earliest:DateTime64(6, 'UTC')} - toIntervalHour(${EARLIER_HOURS})
GROUP BY audit_id HAVING uses > 1`,
      { ids, earliest: earliest.replace('T', ' ').replace('Z', '') },
    );
    const Uses = z.array(z.object({ id: z.string(), uses: z.number() }));
    return new Map(Uses.parse(rows).map(({ id, uses }) => [id, uses]));
  }

  async #rows(query: string, query_params: Record<string, unknown>): Promise<unknown[]> {
    const result = await this.store.client.query({
      query,
      query_params,
      format: 'JSONEachRow',
      clickhouse_settings: BOUNDS,
    });
    return result.json();
  }
}
