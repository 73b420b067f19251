import { ApproverRow } from '@drawbridge/contracts';
import type { ApprovalsFilter } from '../../http/question-filter.js';
import { clickHouseTime } from '../condition.js';
import { approvalFacts, DECISIONS } from './approval-facts.js';
import type { Asking, Question, Times } from './question.js';

/** When the step of a decision was open: in a sequence, when the last decision on another step before it was made. */
const OPENED = `if(in_sequence AND fact.4 != '',
  greatest(asked_at, arrayMax(other -> if(other.4 != fact.4 AND other.4 != '' AND other.3 IN ('ApprovalGiven', 'TicketDecided')
    AND (other.1, other.2) < (fact.1, fact.2), other.1, toDateTime64(0, 3, 'UTC')), facts)), asked_at)`;

/** Approvals by person, and how long they took. */
export function approvalsByPerson(
  asking: Asking,
  filter: ApprovalsFilter & Times,
): Question<ApproverRow> {
  const facts = approvalFacts(asking, filter, DECISIONS);
  const seconds = "dateDiff('millisecond', asked, at) / 1000";
  const isDecision =
    "type IN ('ApprovalGiven', 'ApprovalDenied') AND asked > toDateTime64(0, 3, 'UTC')";
  return {
    row: ApproverRow,
    sql: `WITH rounds AS (
  SELECT aggregate_id, round,
    maxIf(at, type = 'ApprovalRequested') AS asked_at, max(in_sequence) AS in_sequence,
    maxIf(at, type = 'ReviewRequested') AS review_at,
    groupArray((at, sequence, type, step, issuer, subject, email, broke_glass)) AS facts
  FROM (${facts.sql}) GROUP BY aggregate_id, round
), deeds AS (
  SELECT fact.1 AS at, fact.3 AS type, round, fact.5 AS issuer, fact.6 AS subject, fact.7 AS email,
    ${OPENED} AS asked
  FROM rounds ARRAY JOIN facts AS fact
  WHERE fact.6 != '' AND (fact.3 != 'GrantIssued' OR fact.8) AND fact.1 >= {from:DateTime64(3, 'UTC')}
)
SELECT issuer, subject, max(email) AS email,
  countIf(type = 'ApprovalGiven') AS approved, countIf(type = 'ApprovalDenied') AS denied,
  countIf(type = 'ApprovalVoided') AS voided,
  countIf(type IN ('ApprovalGiven', 'ApprovalDenied') AND round > 1) AS extensions,
  countIf(type = 'ReviewCompleted') AS reviews, countIf(type = 'GrantIssued') AS brokeGlass,
  if(countIf(${isDecision}) = 0, NULL, quantileExactIf(0.5)(${seconds}, ${isDecision})) AS medianSeconds,
  if(countIf(${isDecision}) = 0, NULL, quantileExactIf(0.95)(${seconds}, ${isDecision})) AS p95Seconds,
  min(at) AS firstAt, max(at) AS lastAt
FROM deeds
GROUP BY issuer, subject
HAVING {approver:String} = '' OR subject = {approver:String} OR lowerUTF8(email) = lowerUTF8({approver:String})
ORDER BY approved + denied DESC, issuer, subject`,
    parameters: {
      ...facts.parameters,
      approver: filter.approver ?? '',
      from: clickHouseTime(filter.since ?? '1970-01-01T00:00:00.000Z'),
    },
  };
}
