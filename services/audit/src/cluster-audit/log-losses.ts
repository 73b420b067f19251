import type { LoggerService } from '@nestjs/common';
import type { AuditTrailEvent, UnrecordedReason } from '@drawbridge/contracts';
import { handleCommand, type Clock, type EventStore } from '@drawbridge/kernel';
import { uuidV7 } from '@drawbridge/runtime';
import { alarms, lossOf } from '../domain/alarm.js';
import { hourKey } from './alarm-key.js';

export type Loss = Extract<UnrecordedReason, 'log_unreadable' | 'log_gap'>;

/** Raises an alarm for what of a cluster's log nobody could compare. @throws EventStoreError */
export type ReportLoss = (connection: string, reason: Loss) => Promise<void>;

export interface LogLossesOptions {
  readonly events: EventStore<AuditTrailEvent>;
  readonly clock: Clock;
  readonly logger: LoggerService;
}

/**
 * Whoever calls past the gateway can see to it that the API server's line of the call is one that we do not read: too long, or in
 * a batch too large. So what cannot be read is an alarm too: one for each cluster, hour and reason.
 */
export const reportLoss =
  ({ events, clock, logger }: LogLossesOptions): ReportLoss =>
  async (connection, reason) => {
    const at = clock();
    const id = uuidV7(at);
    const aggregateId = hourKey(connection, reason, at);
    const { appended } = await handleCommand(events, alarms, {
      aggregateId,
      command: { type: 'RaiseAlarm', found: lossOf(connection, reason, at) },
      metadata: {
        id,
        causationId: id,
        actor: { kind: 'service', id: 'audit' },
        at: at.toISOString(),
      },
    });
    if (appended === undefined) return;
    const msg = 'of the log of a cluster not all could be compared with the record';
    logger.error({ msg, alarm: aggregateId, connection, reason });
  };
