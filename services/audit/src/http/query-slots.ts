import { AuditQueryError } from '../clickhouse/audit-query-error.js';

const MAX_CONCURRENT = 4;
/** Of them; auditors must get through whatever owners ask. */
const MAX_OF_OWNERS = 2;

/** How many queries run at once: few, since the ingest shares the store. */
export class QuerySlots {
  #running = 0;
  #ofOwners = 0;

  /**
   * Takes a place until `release` is called, once.
   *
   * @throws AuditQueryError `audit_busy`
   */
  take(isOwner: boolean): { readonly release: () => void } {
    if (this.#running >= MAX_CONCURRENT || (isOwner && this.#ofOwners >= MAX_OF_OWNERS)) {
      const most = isOwner ? MAX_OF_OWNERS : MAX_CONCURRENT;
      throw new AuditQueryError('audit_busy', `${most} queries run already: try again`);
    }
    this.#running += 1;
    if (isOwner) this.#ofOwners += 1;
    let taken = true;
    const release = () => {
      if (!taken) return;
      taken = false;
      this.#running -= 1;
      if (isOwner) this.#ofOwners -= 1;
    };
    return { release };
  }

  /** @throws AuditQueryError `audit_busy`, or what `work` throws */
  async during<Result>(isOwner: boolean, work: () => Promise<Result>): Promise<Result> {
    const place = this.take(isOwner);
    try {
      return await work();
    } finally {
      place.release();
    }
  }
}
