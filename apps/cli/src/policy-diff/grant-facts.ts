import { AccessEvent, AuditEventPage, type AccessEventData } from '@drawbridge/contracts';
import type { GuardedGrant } from '@drawbridge/guardrails';
import type { AuditReader } from './audit-reader.js';

/** More than the commands of one page can name. */
const MAX_KNOWN = 5_000;
/** As many as one filter takes. */
const AT_ONCE = 20;

/** What was granted, from the events of grants. Remembers a bounded number. */
export class GrantFacts {
  /** `undefined`: there is no such event any more. */
  readonly #known = new Map<string, GuardedGrant | undefined>();

  constructor(private readonly audit: AuditReader) {}

  /** Reads the grants that are not known yet; the latest ones stay known. */
  async learn(grantIds: ReadonlySet<string>): Promise<void> {
    const unknown = [...grantIds].filter((id) => !this.#known.has(id));
    for (let at = 0; at < unknown.length; at += AT_ONCE) {
      const asked = unknown.slice(at, at + AT_ONCE);
      for (const id of asked) this.#known.set(id, undefined);
      const query = { grant: asked.join(','), type: 'GrantIssued', limit: '1000' };
      const { items } = await this.audit.call('/v1/audit/events', query, AuditEventPage);
      for (const { type, data } of items) this.#take(AccessEvent.safeParse({ type, data }).data);
    }
    this.#forgetBut(grantIds);
  }

  get(grantId: string | undefined): GuardedGrant | undefined {
    return grantId === undefined ? undefined : this.#known.get(grantId);
  }

  #take(event: AccessEvent | undefined): void {
    if (event?.type !== 'GrantIssued') return;
    this.#known.set(event.data.grantId, guardedGrant(event.data));
  }

  #forgetBut(needed: ReadonlySet<string>): void {
    for (const id of this.#known.keys()) {
      if (this.#known.size <= MAX_KNOWN) return;
      if (!needed.has(id)) this.#known.delete(id);
    }
  }
}

/** As the gateway shows a grant to guardrails. */
function guardedGrant(data: AccessEventData<'GrantIssued'>): GuardedGrant {
  const { grantId, policy, terms, approvers, startsAt, endsAt } = data;
  return {
    ...{ grantId, action: terms.action, policy: policy.name },
    ...{ ticket: terms.ticket, reason: terms.reason },
    approvers: approvers.map(({ email, subject }) => email ?? subject),
    ...{ startsAt: new Date(startsAt), endsAt: new Date(endsAt) },
  };
}
