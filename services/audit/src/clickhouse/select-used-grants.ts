import { AccessEvent, grantEnds } from '@drawbridge/contracts';
import { z } from 'zod';
import { MAX_NAMES, type UsedCalls } from '../domain/used-calls.js';
import type { UsedGrant } from '../domain/narrower-scope.js';
import type { UnusedFilter } from '../http/question-filter.js';
import { AuditQueryError } from './audit-query-error.js';
import { commandsThat } from './commands-that.js';
import { allOf, clickHouseTime, foundBy, given, inTime, isAgent, isOneOf } from './condition.js';
import type { Asking, Times } from './questions/question.js';
import type { AuditStore } from './select-page.js';
import { selectAs } from './select-rows.js';

/** Kinds of calls of all grants of a page together. */
const MAX_KINDS = 200_000;
/** Clocks of services differ. */
const SLACK_MS = 60_000;
/** A call may end long behind its grant only when it was cut; what began later was not its. */
const MAX_GRANT_MS = 7 * 86_400_000;

const Issued = z.object({
  aggregate_id: z.string(),
  at: z.string(),
  type: z.string(),
  data: z.string(),
});
const Kind = z.object({
  grant: z.string(),
  verb: z.string(),
  apiGroup: z.string(),
  resource: z.string(),
  subresource: z.string(),
  namespace: z.string(),
  names: z.array(z.string()),
  calls: z.number(),
  lastUseAt: z.string(),
});
type Kind = z.infer<typeof Kind>;

interface Slice {
  readonly offset: number;
  readonly limit: number;
}

/**
 * Grants that are over, the newest first, and what each of them was used for.
 *
 * @throws AuditQueryError
 */
export async function selectUsedGrants(
  store: AuditStore,
  asking: Asking,
  { filter, slice }: { readonly filter: UnusedFilter & Times; readonly slice: Slice },
): Promise<UsedGrant[]> {
  const issued = await selectIssued(store, asking, { filter, slice });
  const kinds = await selectKinds(store, asking, issued);
  return issued.map((one) => {
    const own = kinds.get(one.grant.grantId) ?? [];
    const lastUseAt = own
      .map((kind) => kind.lastUseAt)
      .sort()
      .at(-1);
    return { ...one, used: own satisfies readonly UsedCalls[], lastUseAt };
  });
}

type IssuedGrant = Omit<UsedGrant, 'used' | 'lastUseAt'>;

async function selectIssued(
  store: AuditStore,
  { database, access }: Asking,
  { filter, slice }: { readonly filter: UnusedFilter & Times; readonly slice: Slice },
): Promise<IssuedGrant[]> {
  const where = allOf([
    { sql: "type = 'GrantIssued'", parameters: {} },
    ...inTime('at', filter),
    {
      // One that is open may be used yet. One that was revoked or given back is over before its time.
      sql: `parseDateTime64BestEffortOrZero(JSONExtractString(data, 'endsAt'), 3, 'UTC') <= {until:DateTime64(3, 'UTC')}
  OR aggregate_id IN (SELECT aggregate_id FROM ${database}.events WHERE type IN {ends:Array(String)} AND at < {until:DateTime64(3, 'UTC')})`,
      parameters: { ends: grantEnds },
    },
    ...given(filter.agent, isAgent),
    ...given(filter.connection, (names) => isOneOf('connection', names)),
    ...given(filter.grant, (ids) => ({
      sql: 'grant_id IN {grant:Array(UUID)}',
      parameters: { grant: ids },
    })),
    ...given(filter.policy, (names) => ({
      sql: "JSONExtractString(data, 'policy', 'name') IN {policy:Array(String)}",
      parameters: { policy: names },
    })),
    ...given(filter.action, (names) => ({
      sql: "JSONExtractString(data, 'terms', 'action') IN {action:Array(String)}",
      parameters: { action: names },
    })),
    ...access.events,
  ]);
  return selectAs(store, Grants, {
    query: `SELECT aggregate_id, at, type, data FROM ${database}.events FINAL WHERE ${where.sql}
ORDER BY at DESC, sequence DESC LIMIT {rowLimit:UInt32} OFFSET {rowOffset:UInt32}`,
    parameters: { ...where.parameters, rowLimit: slice.limit, rowOffset: slice.offset },
  });
}

const Grants = { parse: (rows: unknown) => z.array(Issued).parse(rows).flatMap(grantOf) };

/** What this version cannot read is left out: it could not say what was unused of it. */
function grantOf({ aggregate_id, at, type, data }: z.infer<typeof Issued>): IssuedGrant[] {
  const parsed = AccessEvent.safeParse({ type, data: JSON.parse(data) as unknown });
  if (!parsed.success || parsed.data.type !== 'GrantIssued') return [];
  return [{ accessRequestId: aggregate_id, issuedAt: at, grant: parsed.data.data }];
}

/** What each grant let through, by kind of call. */
async function selectKinds(
  store: AuditStore,
  { database, access }: Asking,
  issued: readonly IssuedGrant[],
): Promise<ReadonlyMap<string, Kind[]>> {
  const starts = issued.map(({ grant }) => Date.parse(grant.startsAt));
  if (starts.length === 0) return new Map();
  const instant = (ms: number) => clickHouseTime(new Date(ms).toISOString());
  const used = commandsThat(database, [
    ...foundBy('key', [
      {
        sql: "received_at BETWEEN {from:DateTime64(3, 'UTC')} AND {to:DateTime64(3, 'UTC')}",
        parameters: {
          from: instant(Math.min(...starts) - SLACK_MS),
          to: instant(Math.max(...starts) + MAX_GRANT_MS),
        },
      },
    ]),
    ...foundBy('few', [
      {
        sql: 'grant_id IN {grants:Array(UUID)}',
        parameters: { grants: issued.map(({ grant }) => grant.grantId) },
      },
    ]),
    { sql: "effect = 'allow' AND resource != ''", parameters: {} },
    ...access.commands,
  ]);
  const rows = await selectAs(store, z.array(Kind), {
    query: `SELECT toString(assumeNotNull(grant_id)) AS grant, verb, api_group AS apiGroup, resource, subresource, namespace,
  groupUniqArray(${MAX_NAMES + 1})(toString(name)) AS names, count() AS calls,
  max(greatest(received_at, ifNull(ended_at, received_at))) AS lastUseAt
FROM ${used.sql}
GROUP BY grant, verb, apiGroup, resource, subresource, namespace
ORDER BY grant, resource, subresource, apiGroup, namespace, verb LIMIT {kinds:UInt32}`,
    parameters: { ...used.parameters, kinds: MAX_KINDS + 1 },
  });
  if (rows.length > MAX_KINDS) {
    const message = `the grants were used in more than ${MAX_KINDS} ways: ask for fewer of them`;
    throw new AuditQueryError('audit_query_too_expensive', message);
  }
  const byGrant = new Map<string, Kind[]>();
  for (const row of rows) byGrant.set(row.grant, [...(byGrant.get(row.grant) ?? []), row]);
  return byGrant;
}
