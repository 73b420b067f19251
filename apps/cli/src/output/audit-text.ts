import {
  AuditTrailEvent,
  HoldEvent,
  StopEvent,
  type AuditCommand,
  type AuditEvent,
  type AuditHoldEvent,
  type AuditStopEvent,
  type AuditTrailItem,
} from '@drawbridge/contracts';
import { actorText } from './actor-text.js';
import { kindText } from './cell-text.js';
import { table } from './table.js';

/** Commands, one line each. */
export const commandTable = (commands: readonly AuditCommand[], width?: number): string =>
  table(
    [
      'TIME',
      'AGENT',
      'CONNECTION',
      'VERB',
      'RESOURCE',
      'NAMESPACE',
      'NAME',
      'OUTCOME',
      'STATUS',
      'REASON',
      'RULE',
      'COMMAND',
    ],
    commands.map((command) => [
      command.receivedAt,
      command.agent?.subject,
      command.connection,
      command.verb,
      resourceOf(command),
      command.namespace,
      command.name,
      command.outcome,
      command.statusCode?.toString(),
      command.outcomeReason ?? command.decision?.reason,
      command.outcomeRule ?? command.rule,
      command.id,
    ]),
    width,
  );

/** Events, one line each. */
export const eventTable = (events: readonly AuditEvent[], width?: number): string =>
  table(
    ['TIME', 'SEQUENCE', 'TYPE', 'ACCESS REQUEST', 'ACTOR'],
    events.map((event) => [
      event.at,
      String(event.sequence),
      event.type,
      event.accessRequestId,
      actorText(event),
    ]),
    width,
  );

/** Events of held calls, one line each; what is held stands in the first. */
export const holdEventTable = (events: readonly AuditHoldEvent[], width?: number): string =>
  table(
    ['TIME', 'HOLD', 'TYPE', 'ACTOR', 'RULE', 'CALL'],
    events.map((event) => [event.at, event.holdId, event.type, actorText(event), ...heldOf(event)]),
    width,
  );

/** Events of stops, one line each. */
export const stopEventTable = (events: readonly AuditStopEvent[], width?: number): string =>
  table(
    ['TIME', 'TYPE', 'WHAT', 'ACTOR', 'REASON'],
    events.map((event) => [
      event.at,
      event.type,
      stoppedBy(event),
      actorText(event),
      reasonOf(event),
    ]),
    width,
  );

/** What audit itself had to say, one line each. */
export const trailTable = (items: readonly AuditTrailItem[], width?: number): string =>
  table(
    ['TIME', 'TYPE', 'ACTOR', 'SAYS', 'GRANT', 'COMMAND'],
    items.map((item) => [
      item.at,
      item.type,
      actorText(item),
      ...noted(AuditTrailEvent.safeParse(item).data),
    ]),
    width,
  );

/** What it says, and the grant and the command that it is about. */
function noted(event: AuditTrailEvent | undefined): readonly (string | undefined)[] {
  if (event === undefined) return [];
  if (event.type === 'UnrecordedCallReviewed') return [event.data.comment];
  if (event.type === 'SealingStopped') return [`${event.data.stream || 'all'}: ${event.data.code}`];
  if (event.type === 'SealingResumed')
    return [`${event.data.stream || 'all'}: after ${event.data.seconds} s`];
  const { commandId } = event.data;
  if (event.type !== 'RecordingViewed') return [event.data.reason, undefined, commandId];
  return [event.data.how, event.data.grantId, commandId];
}

/** Of what is ordered about one session: the id of its command, and its connection. */
const SESSION_KEY = /^s_([0-9a-f-]{36})_(.+)$/;

/** What it is about; a release has only its key to say so. */
function stoppedBy({ key, type, data }: AuditStopEvent): string {
  const parsed = StopEvent.safeParse({ type, data });
  if (parsed.success && 'subject' in parsed.data.data) return `agent ${parsed.data.data.subject}`;
  if (key === 'all') return 'all bridges';
  if (key.startsWith('c_')) return `connection ${key.slice(2)}`;
  if (SESSION_KEY.test(key)) return key.replace(SESSION_KEY, 'session $1 on $2');
  if (!parsed.success || parsed.data.type !== 'BridgesRaised') return key;
  const { target } = parsed.data.data;
  return typeof target === 'object' && 'agent' in target ? `agent ${target.agent.subject}` : key;
}

function reasonOf({ type, data }: AuditStopEvent): string | undefined {
  const parsed = StopEvent.safeParse({ type, data });
  return parsed.success ? parsed.data.data.reason : undefined;
}

/** The rule and the call of an event that names them. */
function heldOf({ type, data }: AuditHoldEvent): readonly (string | undefined)[] {
  const parsed = HoldEvent.safeParse({ type, data });
  if (!parsed.success || parsed.data.type !== 'CommandHeld') return [undefined, undefined];
  const { call } = parsed.data.data;
  return [call.rule, `${call.method} ${call.path}`];
}

/** A call that is on no resource, such as discovery, is known by its path. */
function resourceOf({ resource, subresource, apiGroup, path }: AuditCommand): string {
  return resource === '' ? path : kindText({ resource, subresource, apiGroup });
}
