import { AuditQueryError } from '../clickhouse/audit-query-error.js';

/** Each holds a few megabytes. */
const MAX_AT_ONCE = 2;

/** How many bundles are made at once. */
export class BundlePlaces {
  #taken = 0;

  /** @throws AuditQueryError `audit_busy` */
  take(): { readonly release: () => void } {
    if (this.#taken >= MAX_AT_ONCE) {
      throw new AuditQueryError('audit_busy', `${MAX_AT_ONCE} bundles are made already: try again`);
    }
    this.#taken += 1;
    let isTaken = true;
    return {
      release: () => {
        if (isTaken) this.#taken -= 1;
        isTaken = false;
      },
    };
  }
}
