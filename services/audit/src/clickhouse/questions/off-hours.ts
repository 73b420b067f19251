import { CallRow, OffHoursRow } from '@drawbridge/contracts';
import type { OffHoursFilter } from '../../http/question-filter.js';
import { foundBy, given, inTime, isAgent, isOneOf, type Condition } from '../condition.js';
import { callColumns } from './call-columns.js';
import {
  AGENT,
  commandsSeen,
  IS_CHANGE,
  SPAN,
  type Asking,
  type Question,
  type Times,
} from './question.js';

type Filter = OffHoursFilter & Times;

/** To the second: what it is asked for needs no more, and is found sooner. */
const LOCAL = 'toDateTime(received_at, {timeZone:String})';

/** What ran outside of business hours, by agent and day. */
export function offHours(asking: Asking, filter: Filter): Question<OffHoursRow> {
  const { sql, parameters } = commandsOutside(asking, filter);
  return {
    row: OffHoursRow,
    sql: `SELECT toDate(${LOCAL}) AS day, ${AGENT}, connection,
  count() AS calls, countIf(${IS_CHANGE}) AS changes, countIf(effect = 'deny') AS refused, ${SPAN}
FROM ${sql}
GROUP BY day, agent_issuer, agent_subject, agent_owner, connection
ORDER BY day DESC, calls DESC, agentIssuer, agentSubject, agentOwner, connection`,
    parameters,
  };
}

/** Every call that did. */
export function offHoursCalls(asking: Asking, filter: Filter): Question<CallRow> {
  const { sql, parameters } = commandsOutside(asking, filter);
  return {
    row: CallRow,
    sql: `SELECT ${callColumns('emptyArrayString()')} FROM ${sql} ORDER BY receivedAt DESC, id`,
    parameters,
  };
}

const commandsOutside = (asking: Asking, filter: Filter): Condition =>
  commandsSeen(asking, [
    ...foundBy('key', [...inTime('received_at', filter), outside(filter)]),
    ...foundBy('start', [
      ...given(filter.agent, isAgent),
      ...given(filter.connection, (names) => isOneOf('connection', names)),
      ...(filter.changes ? [{ sql: IS_CHANGE, parameters: {} }] : []),
    ]),
  ]);

/** Hours over midnight belong to the day on which they begin. */
function outside({ timeZone, days, hours, holidays = [] }: Filter): Condition {
  const minute = `toHour(${LOCAL}) * 60 + toMinute(${LOCAL})`;
  const isDay = (date: string) =>
    `(has({days:Array(UInt8)}, toDayOfWeek(${date})) AND NOT has({holidays:Array(Date)}, ${date}))`;
  const today = `toDate(${LOCAL})`;
  const begun = `(${minute} >= {fromMinute:UInt16} AND ${isDay(today)})`;
  const within =
    hours.from < hours.to
      ? `${begun} AND ${minute} < {toMinute:UInt16}`
      : `${begun} OR (${minute} < {toMinute:UInt16} AND ${isDay(`${today} - 1`)})`;
  return {
    sql: `NOT (${within})`,
    parameters: { timeZone, days, holidays, fromMinute: hours.from, toMinute: hours.to },
  };
}
