import { ActivityRow } from '@drawbridge/contracts';
import type { ActivityFilter } from '../../http/question-filter.js';
import { foundBy, given, inTime, isAgent, isOneOf } from '../condition.js';
import {
  commandsSeen,
  idText,
  IS_CHANGE,
  SPAN,
  type Asking,
  type Question,
  type Times,
} from './question.js';

const NOTHING = "CAST(NULL, 'Nullable(String)')";

/** The columns that rows are told apart by, in the order of the row; what is not asked for is NULL. */
const groupings = {
  kind: {
    columns: `${NOTHING} AS day, ${NOTHING} AS grantId, verb, api_group AS apiGroup, resource, subresource, namespace`,
    by: 'verb, api_group, resource, subresource, namespace',
    order: 'calls DESC, connection, verb, apiGroup, resource, subresource, namespace',
  },
  day: {
    columns: `toDate(received_at) AS day, ${NOTHING} AS grantId, ${nothings()}`,
    by: 'day',
    order: 'day DESC, connection',
  },
  grant: {
    columns: `${NOTHING} AS day, ${idText('grant_id')} AS grantId, ${nothings()}`,
    by: 'grant_id',
    order: 'lastAt DESC, connection, grantId',
  },
} as const;

function nothings(): string {
  return ['verb', 'apiGroup', 'resource', 'subresource', 'namespace']
    .map((name) => `${NOTHING} AS ${name}`)
    .join(', ');
}

/** More than these nobody can say exactly, and one hostile record must not make it an error. */
const BYTES = `toUInt64(least(sum(toUInt128(response_bytes)), ${Number.MAX_SAFE_INTEGER}))`;

/** What an agent did. */
export function activity(asking: Asking, filter: ActivityFilter & Times): Question<ActivityRow> {
  const { columns, by, order } = groupings[filter.by];
  const { sql, parameters } = commandsSeen(asking, [
    ...foundBy('key', inTime('received_at', filter)),
    ...foundBy('start', [
      isAgent(filter.agent),
      ...given(filter.connection, (names) => isOneOf('connection', names)),
      ...given(filter.namespace, (names) => isOneOf('namespace', names)),
    ]),
  ]);
  const sums = `count() AS calls, countIf(is_change) AS changes, countIf(effect = 'deny') AS refused,
  countIf(hold_id IS NOT NULL) AS held, countIf(ifNull(masked, 0) > 0) AS masked,
  countIf(effect = 'allow' AND status_code >= 400) AS failed,
  uniqExactIf(name, name != '') AS objects, ${BYTES} AS responseBytes, ${SPAN}`;
  return {
    row: ActivityRow,
    // What is aggregated must not be taken for the columns that it is named after.
    sql: `SELECT connection, ${columns}, ${sums}
FROM (SELECT connection, received_at, grant_id, verb, api_group, resource, subresource, namespace, name, effect,
  hold_id, masked, status_code, response_bytes, ${IS_CHANGE} AS is_change FROM ${sql})
GROUP BY connection, ${by}
ORDER BY ${order}`,
    parameters,
  };
}
