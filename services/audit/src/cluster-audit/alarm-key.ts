import { createHash } from 'node:crypto';
import type { UnrecordedReason } from '@drawbridge/contracts';
import type { ClusterCall } from '../domain/cluster-call.js';

/**
 * The id of an alarm: the same for the same finding, so that it is raised once however often it is found.
 *
 * @param uses - how many calls with its id the cluster has seen
 */
export function alarmKey(call: ClusterCall, reason: UnrecordedReason, uses: number): string {
  // Of calls with one id it cannot be said which was ours: the finding is their number.
  const what = reason === 'id_used_again' ? String(uses) : call.received_at;
  return keyOf([call.connection, call.audit_id, reason, what]);
}

/** The id of the one alarm for all that a minute had too many of. */
export const minuteKey = ({ connection, received_at }: ClusterCall): string =>
  keyOf([connection, received_at.slice(0, 16), 'more']);

/** The id of the one alarm for what of a log was lost in an hour. */
export const hourKey = (connection: string, reason: UnrecordedReason, at: Date): string =>
  keyOf([connection, at.toISOString().slice(0, 13), reason]);

const keyOf = (parts: readonly string[]): string =>
  `u_${createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)}`;
