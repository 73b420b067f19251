import type { ApprovalRow, ApproverRow } from '@drawbridge/contracts';
import { countText, minuteText, secondsText } from './cell-text.js';
import { table } from './table.js';

const duration = (seconds: number | undefined): string | undefined =>
  seconds === undefined ? undefined : secondsText(seconds);

/** How people decided. */
export const approverTable = (rows: readonly ApproverRow[], width?: number): string =>
  table(
    [
      ...['PERSON', 'APPROVED', 'DENIED', 'VOIDED', 'EXTENSIONS', 'REVIEWS', 'BROKE GLASS'],
      ...['MEDIAN', 'P95', 'LAST (UTC)'],
    ],
    rows.map((row) => [
      row.email === '' ? row.subject : row.email,
      ...[row.approved, row.denied, row.voided, row.extensions, row.reviews].map(countText),
      countText(row.brokeGlass),
      duration(row.medianSeconds),
      duration(row.p95Seconds),
      minuteText(row.lastAt),
    ]),
    width,
  );

/** How long approvals took. */
export const approvalTable = (rows: readonly ApprovalRow[], width?: number): string =>
  table(
    ['ASKED (UTC)', 'AGENT', 'CONNECTION', 'ROUND', 'OUTCOME', 'TOOK', 'BY', 'STEPS', 'REQUEST'],
    rows.map((row) => [
      minuteText(row.askedAt),
      row.agentSubject,
      row.connection,
      String(row.round),
      row.verdict === undefined ? row.outcome : `${row.outcome}, ${row.verdict}`,
      duration(row.seconds),
      [...row.approvers, ...row.deniers].join(', '),
      row.steps.join(', '),
      row.accessRequestId,
    ]),
    width,
  );
