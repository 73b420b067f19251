import { ApprovalRow } from '@drawbridge/contracts';
import type { ApprovalsFilter } from '../../http/question-filter.js';
import { clickHouseTime } from '../condition.js';
import { approvalFacts } from './approval-facts.js';
import type { Asking, Question, Times } from './question.js';

const WHO = "if(email = '', subject, email)";
const NONE = "toDateTime64(0, 3, 'UTC')";

/** How long each approval took, extensions of grants included. */
export function approvalsByRequest(
  asking: Asking,
  filter: ApprovalsFilter & Times,
): Question<ApprovalRow> {
  const facts = approvalFacts(asking, filter, [
    ...['AccessRequestValidated', 'ExtensionValidated', 'ApprovalRequested'],
  ]);
  return {
    row: ApprovalRow,
    sql: `WITH facts AS (${facts.sql}),
requests AS (
  SELECT aggregate_id, max(agent_issuer) AS agentIssuer, max(agent_subject) AS agentSubject, max(owner) AS agentOwner,
    max(connection) AS connection, maxIf(verdict, type = 'ReviewCompleted') AS review,
    maxIf(at, type = 'ReviewRequested') AS review_at, maxIf(at, type = 'ReviewCompleted') AS reviewed_at
  FROM facts GROUP BY aggregate_id
),
rounds AS (
  SELECT aggregate_id, round, max(broke_glass) AS broke_glass, max(unasked) AS unasked,
    maxIf(at, type = 'ApprovalRequested') AS asked_at,
    minIf(at, type IN ('AccessRequestValidated', 'ExtensionValidated', 'ApprovalRequested')) AS began_at,
    minIf(at, type IN ('AccessRequestApproved', 'ExtensionApproved')) AS approved_at,
    minIf(at, type = 'AccessRequestRejected' OR (type = 'ExtensionClosed' AND closed_as = 'rejected')) AS rejected_at,
    minIf(at, type = 'AccessRequestLapsed' OR (type = 'ExtensionClosed' AND closed_as = 'lapsed')) AS lapsed_at,
    minIf(at, type IN ('GrantIssued', 'GrantExtended')) AS granted_at,
    arraySort(groupUniqArrayIf(20)(${WHO}, type = 'ApprovalGiven')) AS approvers,
    arraySort(groupUniqArrayIf(20)(${WHO}, type = 'ApprovalDenied')) AS deniers,
    arrayDistinct(arrayMap(fact -> fact.2, arraySort(
      groupArrayIf((sequence, step), step != '' AND type IN ('ApprovalGiven', 'ApprovalDenied', 'TicketDecided'))))) AS steps
  FROM facts GROUP BY aggregate_id, round
)
SELECT aggregate_id AS accessRequestId, round, agentIssuer, agentSubject, agentOwner, connection,
  if(asked_at > ${NONE}, asked_at, began_at) AS askedAt,
  multiIf(broke_glass AND round = 1, 'break_glass', approved_at > ${NONE}, 'approved', rejected_at > ${NONE}, 'rejected',
    lapsed_at > ${NONE}, 'lapsed', unasked, 'unasked', 'waiting') AS outcome,
  nullIf(multiIf(outcome = 'approved', approved_at, outcome = 'rejected', rejected_at, outcome = 'lapsed', lapsed_at,
    outcome = 'waiting', ${NONE}, granted_at), ${NONE}) AS decidedAt,
  if(decidedAt IS NULL, NULL, dateDiff('millisecond', askedAt, assumeNotNull(decidedAt)) / 1000) AS seconds,
  approvers, deniers, steps,
  if(round > 1 OR review = '', NULL, review) AS verdict,
  if(round > 1 OR review_at = ${NONE} OR reviewed_at = ${NONE}, NULL, dateDiff('millisecond', review_at, reviewed_at) / 1000) AS reviewSeconds
FROM rounds INNER JOIN requests USING (aggregate_id)
WHERE began_at > ${NONE} AND askedAt >= {from:DateTime64(3, 'UTC')}
  AND ({approver:String} = '' OR has(approvers, {approver:String}) OR has(deniers, {approver:String}))
ORDER BY askedAt DESC, accessRequestId, round`,
    parameters: {
      ...facts.parameters,
      approver: filter.approver ?? '',
      from: clickHouseTime(filter.since ?? '1970-01-01T00:00:00.000Z'),
    },
  };
}
