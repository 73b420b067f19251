import type { AuditTrailEvent, AuditTrailEventData } from '@drawbridge/contracts';
import type { Decider } from '@drawbridge/kernel';

export type Stopped = AuditTrailEventData<'SealingStopped'>;
export type Resumed = AuditTrailEventData<'SealingResumed'>;

/** One time in which the record was not sealed. */
export interface SealingOutage {
  readonly stopped: boolean;
  readonly resumed: boolean;
}

export type SealingOutageCommand =
  | { readonly type: 'TellStopped'; readonly stopped: Stopped }
  | { readonly type: 'TellResumed'; readonly resumed: Resumed };

/** Each outage is told once, and its end once, by however many replicas it is seen. */
export const sealingOutages: Decider<SealingOutage, SealingOutageCommand, AuditTrailEvent> = {
  initial: { stopped: false, resumed: false },
  evolve: (outage, { type }) => ({
    stopped: outage.stopped || type === 'SealingStopped',
    resumed: outage.resumed || type === 'SealingResumed',
  }),
  decide: (command, { stopped, resumed }) => {
    if (command.type === 'TellStopped') {
      return stopped ? undefined : { type: 'SealingStopped', data: command.stopped };
    }
    return resumed || !stopped ? undefined : { type: 'SealingResumed', data: command.resumed };
  },
};
