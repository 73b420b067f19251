import { SessionNumbers, type SessionQuestion } from '@drawbridge/contracts';
import { z } from 'zod';
import { clickHouseTime } from './condition.js';
import type { AuditStore } from './select-page.js';
import { selectAs } from './select-rows.js';

/** Clocks of services differ, and a call may end behind its grant. */
const SLACK_MS = 60_000;
const Numbers = z.tuple([SessionNumbers]);

/**
 * What was done by a grant: the calls that it allowed, and what its agent was refused on the same connection while it
 * was open.
 *
 * @throws AuditQueryError
 */
export async function selectSession(
  store: AuditStore,
  { grantId, connection, agent, startsAt, endedAt }: SessionQuestion,
): Promise<SessionNumbers> {
  const around = (instant: string, ms: number) =>
    clickHouseTime(new Date(Date.parse(instant) + ms).toISOString());
  const [numbers] = await selectAs(store, Numbers, {
    query: `SELECT
  countIf(is_call) AS calls,
  countIf(is_call AND (verb NOT IN ('get', 'list', 'watch') OR subresource IN ('exec', 'attach', 'portforward'))) AS changes,
  countIf(is_refused) AS refused
FROM (
  SELECT verb, subresource,
    effect = 'allow' AND resource != '' AND grant_id = {grant:UUID} AS is_call,
    effect = 'deny' AND connection = {connection:String} AND agent_issuer = {issuer:String}
      AND agent_subject = {subject:String}
      AND received_at BETWEEN {startsAt:DateTime64(3, 'UTC')} AND {endedAt:DateTime64(3, 'UTC')} AS is_refused
  FROM ${store.database}.commands FINAL
  WHERE received_at BETWEEN {since:DateTime64(3, 'UTC')} AND {until:DateTime64(3, 'UTC')}
    AND (grant_id = {grant:UUID} OR agent_subject = {subject:String})
)`,
    parameters: {
      grant: grantId,
      connection,
      ...agent,
      startsAt: clickHouseTime(startsAt),
      endedAt: clickHouseTime(endedAt),
      since: around(startsAt, -SLACK_MS),
      until: around(endedAt, SLACK_MS),
    },
  });
  return numbers;
}
