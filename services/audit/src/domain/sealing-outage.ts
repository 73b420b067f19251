import type { AuditTrailEvent, AuditTrailEventData } from '@drawbridge/contracts';
import type { Decider } from '@drawbridge/kernel';

export type Stopped = AuditTrailEventData<'SealingStopped'>;
export type Resumed = AuditTrailEventData<'SealingResumed'>;

/** One time in which a stream was not sealed, as far as it was told. Times are milliseconds since 1970. */
export interface SealingOutage {
  /** When it began; absent when nothing was told of it. */
  readonly since?: number;
  /** When it was told that it is over; absent while it lasts. */
  readonly resumedAt?: number;
}

export type SealingOutageCommand =
  | { readonly type: 'TellStopped'; readonly stopped: Stopped }
  | { readonly type: 'TellResumed'; readonly resumed: Resumed };

/** Each outage is told once, and its end once, by however many replicas it is seen. */
export const sealingOutages: Decider<SealingOutage, SealingOutageCommand, AuditTrailEvent> = {
  initial: {},
  evolve: (outage, { type, data }, at = '') => {
    if (type === 'SealingStopped') return { ...outage, since: Date.parse(data.since) };
    return type === 'SealingResumed' ? { ...outage, resumedAt: Date.parse(at) } : outage;
  },
  decide: (command, { since, resumedAt }) => {
    if (command.type === 'TellStopped') {
      return since === undefined ? { type: 'SealingStopped', data: command.stopped } : undefined;
    }
    const lasts = since !== undefined && resumedAt === undefined;
    return lasts ? { type: 'SealingResumed', data: command.resumed } : undefined;
  },
};

/** What is found of one stream after a round of sealing. Times are milliseconds since 1970. */
export interface SealingState {
  /** Empty for the log of checkpoints itself. */
  readonly stream: string;
  readonly outage: { readonly since: number; readonly code: string } | undefined;
  /** When it was last sealed, by anybody, or seen to be; 0 when that is not known. */
  readonly wellAt: number;
}

/**
 * What there is to tell, given the last outage of the stream that was told.
 *
 * Replicas do not see the same at the same time. So one that has seen nothing of an outage does not call it over, and
 * one that alone still sees it does not tell it anew.
 *
 * @param lateMs - how long something waits before that is an outage; half of it is for clocks that differ
 */
export function toTell(
  last: SealingOutage,
  { outage, wellAt }: SealingState,
  lateMs: number,
): SealingOutageCommand['type'] | undefined {
  const { since, resumedAt = Infinity } = last;
  if (since !== undefined && resumedAt === Infinity) {
    return outage === undefined && wellAt >= since + lateMs / 2 ? 'TellResumed' : undefined;
  }
  if (outage === undefined) return undefined;
  const isToldOver = since !== undefined && resumedAt >= outage.since + lateMs / 2;
  return isToldOver ? undefined : 'TellStopped';
}
