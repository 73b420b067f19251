import {
  principalId,
  type AlarmPage,
  type AuditTrailEvent,
  type Principal,
  type UnseenPage,
} from '@drawbridge/contracts';
import { handleCommand, type Clock, type EventStore } from '@drawbridge/kernel';
import { uuidV7 } from '@drawbridge/runtime';
import { selectAlarms } from '../clickhouse/select-alarms.js';
import type { AuditStore } from '../clickhouse/select-page.js';
import { selectUnseen } from '../clickhouse/select-unseen.js';
import { alarms } from '../domain/alarm.js';
import type { AlarmQuery, UnseenQuery } from './alarm-filter.js';
import type { QuerySlots } from './query-slots.js';

const DAY_MS = 86_400_000;

export interface AlarmsOptions {
  readonly store: AuditStore;
  readonly slots: QuerySlots;
  readonly events: EventStore<AuditTrailEvent>;
  readonly clock: Clock;
}

/** What somebody has to say of an alarm. */
export interface Review {
  readonly id: string;
  readonly by: Principal;
  readonly comment: string;
}

/** What was found when clusters were compared with the record. */
export class Alarms {
  constructor(private readonly options: AlarmsOptions) {}

  /** @throws AuditQueryError */
  list(query: AlarmQuery): Promise<AlarmPage> {
    const { store, slots } = this.options;
    return slots.during(false, () => selectAlarms(store, query));
  }

  /** @throws AuditQueryError */
  unseen({ connection, since, until, limit }: UnseenQuery): Promise<UnseenPage> {
    const { store, slots, clock } = this.options;
    const end = until ?? clock().toISOString();
    const begin = since ?? new Date(Date.parse(end) - DAY_MS).toISOString();
    const filter = { connection, since: begin, until: end, limit };
    return slots.during(false, () => selectUnseen(store, filter));
  }

  /** @throws AlarmRefused `alarm_unknown`, EventStoreError */
  async review({ id, by, comment }: Review): Promise<void> {
    const { events, clock } = this.options;
    const at = clock();
    const eventId = uuidV7(at);
    await handleCommand(events, alarms, {
      aggregateId: id,
      command: { type: 'ReviewAlarm', by, comment },
      metadata: {
        id: eventId,
        causationId: eventId,
        actor: { kind: 'human', id: principalId(by) },
        at: at.toISOString(),
      },
    });
  }
}
