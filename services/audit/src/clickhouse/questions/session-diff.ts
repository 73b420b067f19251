import { SessionDiffRow } from '@drawbridge/contracts';
import type { SessionDiffFilter } from '../../http/question-filter.js';
import { foundBy, inTime } from '../condition.js';
import { commandsSeen, type Asking, type Question, type Times } from './question.js';

const OUTCOME = `multiIf(effect = 'deny', concat('refused: ', reason), outcome = '', 'in flight',
  outcome != 'completed', concat(outcome, if(outcome_reason = '', '', concat(': ', outcome_reason))), toString(status_code))`;

/** What the commands of two grants have in common, and what only one of them did. */
export function sessionDiff(
  asking: Asking,
  filter: SessionDiffFilter & Times,
): Question<SessionDiffRow> {
  const { sql, parameters } = commandsSeen(asking, [
    ...foundBy('key', inTime('received_at', filter)),
    ...foundBy('few', [
      {
        sql: 'grant_id IN ({one:UUID}, {other:UUID})',
        parameters: { one: filter.one, other: filter.other },
      },
    ]),
  ]);
  const ignored = new Set<string>(filter.ignore ?? []);
  const part = (column: 'namespace' | 'name') =>
    ignored.has(column) ? `'' AS ${column}` : `toString(called_${column}) AS ${column}`;
  return {
    row: SessionDiffRow,
    sql: `SELECT multiIf(oneCalls = 0, 'other', otherCalls = 0, 'one', 'both') AS side,
  verb, apiGroup, resource, subresource, ${part('namespace')}, ${part('name')},
  countIf(is_one) AS oneCalls, countIf(NOT is_one) AS otherCalls,
  arraySort(groupUniqArrayIf(20)(outcome_text, is_one)) AS oneOutcomes,
  arraySort(groupUniqArrayIf(20)(outcome_text, NOT is_one)) AS otherOutcomes
FROM (SELECT verb, api_group AS apiGroup, resource, subresource, namespace AS called_namespace, name AS called_name,
  assumeNotNull(grant_id) = {one:UUID} AS is_one, ${OUTCOME} AS outcome_text FROM ${sql})
GROUP BY verb, apiGroup, resource, subresource, namespace, name
ORDER BY side, resource, apiGroup, subresource, verb, namespace, name`,
    parameters,
  };
}
