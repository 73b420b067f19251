import { Principal, principalId, type AuditEvent } from '@drawbridge/contracts';

/**
 * Who caused an event: `service policy`, `agent agent-oncall`, `human alice@corp.test`. People by the e-mail address
 * that their token had when they did it, where it had one. The issuer is left out: `-o json` has it.
 */
export function actorText({
  actor: { kind, id },
  data,
}: Pick<AuditEvent, 'actor' | 'data'>): string {
  return `${kind} ${emailOf(id, data) ?? id.slice(id.lastIndexOf('#') + 1)}`;
}

/** The address stands in the event, with whoever is this actor in it: its approver, viewer, requester, … */
function emailOf(id: string, data: unknown): string | undefined {
  const members: readonly unknown[] = typeof data === 'object' ? Object.values(data ?? {}) : [];
  for (const member of members) {
    const person = Principal.safeParse(member).data;
    if (person?.kind === 'human' && principalId(person) === id) return person.email;
  }
  return undefined;
}
