import { BlockedRow, CallRow } from '@drawbridge/contracts';
import type { BlockedFilter } from '../../http/question-filter.js';
import { foundBy, given, inTime, isAgent, isOneOf, type Condition } from '../condition.js';
import { BLOCKED_WAYS, IS_BLOCKED } from './blocked-kinds.js';
import { callColumns } from './call-columns.js';
import { commandsSeen, SPAN, type Asking, type Question, type Times } from './question.js';

type Filter = BlockedFilter & Times;

/** What was denied, held or masked, by rule. */
export function blockedByRule(asking: Asking, filter: Filter): Question<BlockedRow> {
  const { sql, parameters } = blockedCommands(asking, filter);
  const wanted = waysWanted(filter);
  return {
    row: BlockedRow,
    sql: `SELECT way.1 AS kind, way.2 AS rule, way.3 AS reason, count() AS calls, countIf(effect = 'allow') AS passed,
  uniqExact(agent_issuer, agent_subject) AS agents,
  arraySort(groupUniqArray(100)(toString(connection))) AS connections, ${SPAN}
FROM (SELECT received_at, connection, agent_issuer, agent_subject, effect, ${BLOCKED_WAYS} AS ways FROM ${sql})
ARRAY JOIN ways AS way
WHERE ${wanted.sql}
GROUP BY kind, rule, reason
ORDER BY calls DESC, kind, rule, reason`,
    parameters: { ...parameters, ...wanted.parameters },
  };
}

/** Every call that was, in the order of rules and then of time. */
export function blockedCalls(asking: Asking, filter: Filter): Question<CallRow> {
  const { sql, parameters } = blockedCommands(asking, filter);
  const wanted = waysWanted(filter);
  return {
    row: CallRow,
    sql: `SELECT ${callColumns('arrayDistinct(arrayMap(way -> way.1, ways))')}
FROM (SELECT *, ${BLOCKED_WAYS} AS ways FROM ${sql})
WHERE arrayExists(way -> ${wanted.sql}, ways)
ORDER BY rule, reason, receivedAt DESC, id`,
    parameters: { ...parameters, ...wanted.parameters },
  };
}

const blockedCommands = (asking: Asking, filter: Filter): Condition =>
  commandsSeen(asking, [
    ...foundBy('key', inTime('received_at', filter)),
    ...foundBy('start', [
      ...given(filter.agent, isAgent),
      ...given(filter.connection, (names) => isOneOf('connection', names)),
    ]),
    ...foundBy('one', [{ sql: IS_BLOCKED, parameters: {} }]),
  ]);

/** Of a call that was blocked in several ways only the wanted ones count. */
const waysWanted = ({ kind, rule }: Filter): Condition => ({
  sql: '(empty({kinds:Array(String)}) OR has({kinds:Array(String)}, way.1)) AND (empty({rules:Array(String)}) OR has({rules:Array(String)}, way.2))',
  parameters: { kinds: kind ?? [], rules: rule ?? [] },
});
