import type {
  AuditTrailEvent,
  AuditTrailEventData,
  Principal,
  UnrecordedReason,
} from '@drawbridge/contracts';
import { AppError, type Decider } from '@drawbridge/kernel';
import type { ClusterCall } from './cluster-call.js';

/** `alarm_unknown`: there is no alarm of this id. */
export class AlarmRefused extends AppError<'alarm_unknown'> {}

export type Found = AuditTrailEventData<'UnrecordedCallFound'>;

/** What one alarm comes to. */
export interface Alarm {
  readonly found: boolean;
  readonly reviewed: boolean;
}

export type AlarmCommand =
  | { readonly type: 'RaiseAlarm'; readonly found: Found }
  | { readonly type: 'ReviewAlarm'; readonly by: Principal; readonly comment: string };

/** Each alarm is raised once and reviewed once, whoever comes to it how often. */
export const alarms: Decider<Alarm, AlarmCommand, AuditTrailEvent> = {
  initial: { found: false, reviewed: false },
  evolve: (alarm, { type }) => ({
    found: alarm.found || type === 'UnrecordedCallFound' || type === 'SealingStopped',
    reviewed: alarm.reviewed || type === 'UnrecordedCallReviewed',
  }),
  decide: (command, alarm) => {
    if (command.type === 'RaiseAlarm') {
      return alarm.found ? undefined : { type: 'UnrecordedCallFound', data: command.found };
    }
    if (!alarm.found) throw new AlarmRefused('alarm_unknown', 'there is no such alarm');
    const { by, comment } = command;
    return alarm.reviewed ? undefined : { type: 'UnrecordedCallReviewed', data: { by, comment } };
  },
};

const MAX_WORD = 256;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** @param isCommand - whether there is a command of its id */
export function foundOf(call: ClusterCall, reason: UnrecordedReason, isCommand: boolean): Found {
  const word = (text: string) => text.slice(0, MAX_WORD);
  return {
    connection: call.connection,
    reason,
    auditId: call.audit_id,
    ...(isCommand && UUID.test(call.audit_id) && { commandId: call.audit_id }),
    call: {
      receivedAt: call.received_at,
      user: call.user,
      ...(call.impersonated_user !== '' && { impersonatedUser: call.impersonated_user }),
      verb: word(call.verb),
      apiGroup: word(call.api_group),
      resource: word(call.resource),
      subresource: word(call.subresource),
      namespace: word(call.namespace),
      name: word(call.name),
      path: call.path.slice(0, 2_048),
      ...(call.status > 0 && { statusCode: call.status }),
      sourceAddresses: [...call.source_ips],
      userAgent: word(call.user_agent),
    },
  };
}

/** Of calls that nobody could compare; what they were is not known. */
export function lossOf(connection: string, reason: UnrecordedReason, at: Date): Found {
  const unknown = { user: '', verb: '', apiGroup: '', resource: '', subresource: '' };
  const about = { namespace: '', name: '', path: '', sourceAddresses: [], userAgent: '' };
  const receivedAt = at.toISOString().replace('Z', '000Z');
  return { connection, reason, auditId: '', call: { receivedAt, ...unknown, ...about } };
}
