import type { ResolvedNames } from '@drawbridge/contracts';
import type { Denial } from './denial.js';

/** What the selectors and patterns of a request stand for at one moment. */
export interface FoundNames {
  readonly resolved: readonly ResolvedNames[];
  /** How many further namespaces were meant that no policy of the requester covers; they are never named. */
  readonly hidden: number;
}

/** Or why that cannot be told. */
export type Names = FoundNames | Denial;
