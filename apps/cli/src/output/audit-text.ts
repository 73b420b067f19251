import type { AuditCommand, AuditEvent } from '@drawbridge/contracts';
import { table } from './table.js';

/** Commands, one line each. */
export const commandTable = (commands: readonly AuditCommand[]): string =>
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
    ]),
  );

/** Events, one line each. */
export const eventTable = (events: readonly AuditEvent[]): string =>
  table(
    ['TIME', 'SEQUENCE', 'TYPE', 'ACCESS REQUEST', 'ACTOR'],
    events.map((event) => [
      event.at,
      String(event.sequence),
      event.type,
      event.accessRequestId,
      actorOf(event),
    ]),
  );

/** A call that is on no resource, such as discovery, is known by its path. */
function resourceOf({ resource, subresource, apiGroup, path }: AuditCommand): string {
  if (resource === '') return path;
  const name = apiGroup === '' ? resource : `${resource}.${apiGroup}`;
  return subresource === '' ? name : `${name}/${subresource}`;
}

/** The issuer is left out: `-o json` has it. */
const actorOf = ({ actor: { kind, id } }: AuditEvent): string =>
  `${kind} ${id.slice(id.lastIndexOf('#') + 1)}`;
