import { exportedField } from './exported-field.js';
import type { ExportedRecord } from './exported-record.js';

/** How loud a record is to those who watch for trouble. */
export type RecordSeverity = 'info' | 'notice' | 'warning' | 'alert';

/** What is not named here is `info`. */
const severities: Readonly<Record<string, RecordSeverity>> = {
  AccessRequested: 'notice',
  AccessRequestDenied: 'warning',
  AccessRequestRejected: 'warning',
  ApprovalGiven: 'notice',
  ApprovalDenied: 'warning',
  GrantIssued: 'notice',
  GrantExtended: 'notice',
  RevocationOrdered: 'warning',
  GrantRevoked: 'warning',
  CommandRefused: 'warning',
  CommandHeld: 'notice',
  HoldApproved: 'notice',
  HoldDenied: 'warning',
  BridgesRaised: 'warning',
  BridgesReleased: 'notice',
  AgentDisabled: 'warning',
  AgentEnabled: 'notice',
  RecordingViewed: 'notice',
  UnrecordedCallFound: 'alert',
  SealingStopped: 'alert',
  SealingResumed: 'notice',
  ExportGap: 'alert',
};

export function recordSeverity(record: Pick<ExportedRecord, 'type' | 'fields'>): RecordSeverity {
  if (isBrokenGlass(record)) return 'alert';
  if (record.type === 'CommandEnded' && exportedField(record, 'outcome') === 'cut')
    return 'warning';
  return Object.hasOwn(severities, record.type) ? (severities[record.type] ?? 'info') : 'info';
}

/** Access that nobody approved beforehand. */
const isBrokenGlass = (record: Pick<ExportedRecord, 'type' | 'fields'>): boolean =>
  record.type === 'GrantIssued' &&
  exportedField(record, 'data.terms.breakGlass.reviewWithinSeconds') !== '';
