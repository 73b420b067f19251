import type { Principal } from '@drawbridge/contracts';
import type { StopsNow } from '@drawbridge/stops';

/** What is so at the moment of a judgement, beside what the configuration says. */
export interface Circumstances {
  /** UTC, RFC 3339. */
  readonly at: string;
  /** Whether nothing that this human says counts any more. */
  readonly isDisabled: (human: Principal) => boolean;
  /** Raised bridges and disabled agents. */
  readonly stops: StopsNow;
}
