import type { Clock } from '@drawbridge/kernel';

/** How much one call reads beside the index, and for how long. */
const MAX_BYTES = 67_108_864;
const MAX_MS = 8_000;
/** A store of objects that is slower than this is taken for one that is away. */
const MAX_LATE_MS = 16_000;

/** What one call may still cost. */
export class SearchBudget {
  readonly #until: number;
  #bytes = MAX_BYTES;

  constructor(private readonly clock: Clock) {
    this.#until = clock().getTime() + MAX_MS;
  }

  spend(bytes: number): void {
    this.#bytes -= bytes;
  }

  /** Nothing more is begun. */
  get isSpent(): boolean {
    return this.#bytes <= 0 || this.clock().getTime() >= this.#until;
  }

  /** What was begun is given up. */
  get isLate(): boolean {
    return this.clock().getTime() >= this.#until + MAX_LATE_MS;
  }
}
