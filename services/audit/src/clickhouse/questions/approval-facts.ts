import type { ApprovalsFilter } from '../../http/question-filter.js';
import { allOf, given, inTime, isAgent, isOneOf, type Condition } from '../condition.js';
import type { Asking, Times } from './question.js';

/** What decides a request, or one of its extensions, in whatever way. */
export const DECISIONS = [
  ...['ApprovalGiven', 'ApprovalDenied', 'ApprovalVoided', 'TicketDecided', 'ReviewCompleted'],
  ...['AccessRequestApproved', 'AccessRequestRejected', 'AccessRequestLapsed', 'GrantIssued'],
  ...['ExtensionApproved', 'ExtensionClosed', 'GrantExtended'],
] as const;
/** What a decision answers. */
const QUESTIONS = [
  ...['AccessRequestValidated', 'ExtensionValidated', 'ApprovalRequested', 'ReviewRequested'],
] as const;

const listed = (types: readonly string[]): string => types.map((type) => `'${type}'`).join(', ');

/**
 * All facts about the approvals of requests of which something happened in the time that is asked about: the question
 * may have been asked long before. One row each, with the round it is of and what the data says of it.
 */
export function approvalFacts(
  { database, access }: Asking,
  filter: ApprovalsFilter & Times,
  within: readonly string[],
): Condition {
  const ofRequests = ({ sql, parameters }: Condition): Condition => ({
    sql: `aggregate_id IN (SELECT aggregate_id FROM ${database}.events WHERE ${sql})`,
    parameters,
  });
  const happened = allOf([
    { sql: `type IN (${listed(within)})`, parameters: {} },
    ...inTime('at', filter),
  ]);
  const where = allOf([
    { sql: `type IN (${listed([...DECISIONS, ...QUESTIONS])})`, parameters: {} },
    ofRequests(happened),
    ...inTime('at', { until: filter.until }),
    ...given(filter.agent, (agent) => ofRequests(isAgent(agent))),
    ...given(filter.connection, (names) => ofRequests(isOneOf('connection', names))),
    ...access.events,
  ]);
  const text = (...path: string[]) =>
    `JSONExtractString(data, ${path.map((part) => `'${part}'`).join(', ')})`;
  const who = (field: string) =>
    `multiIf(type IN ('ApprovalGiven', 'ApprovalDenied', 'ApprovalVoided'), ${text('approver', field)},
    type = 'GrantIssued', ${text('grantee', field)}, type = 'ReviewCompleted', ${text('by', field)}, '')`;
  return {
    sql: `SELECT aggregate_id, at, sequence, type, agent_issuer, agent_subject, connection,
  toUInt32(if(JSONHas(data, 'round'), JSONExtractUInt(data, 'round'), 1)) AS round,
  ${who('issuer')} AS issuer, ${who('subject')} AS subject, ${who('email')} AS email,
  ${text('step')} AS step, ${text('approval', 'order')} = 'sequential' AS in_sequence,
  ${text('outcome')} AS closed_as, ${text('verdict')} AS verdict,
  JSONHas(data, 'terms', 'breakGlass') AS broke_glass,
  type IN ('AccessRequestValidated', 'ExtensionValidated')
    AND (JSONExtractString(data, 'approval', 'type') = 'none' OR JSONHas(data, 'autoApproved')) AS unasked,
  if(type = 'AccessRequestValidated', ${text('requester', 'owner')}, '') AS owner
FROM ${database}.events FINAL WHERE ${where.sql}`,
    parameters: where.parameters,
  };
}
