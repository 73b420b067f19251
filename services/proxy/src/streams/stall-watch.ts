/**
 * Notices that an answer has not been read for too long. Made for answers of which every piece waits a moment: a
 * timer is set once in a while, not for each of them.
 */
export class StallWatch {
  readonly #maxMs: number;
  readonly #onStalled: () => void;
  #sinceMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(maxMs: number, onStalled: () => void) {
    this.#maxMs = maxMs;
    this.#onStalled = onStalled;
  }

  /** There is something to read. Again: from now on. */
  waits(): void {
    this.#sinceMs = performance.now();
    this.#timer ??= this.#lookIn(this.#maxMs);
  }

  /** All of it was read. */
  read(): void {
    this.#sinceMs = undefined;
  }

  stop(): void {
    this.#sinceMs = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    this.#timer = undefined;
    if (this.#sinceMs === undefined) return;
    const leftMs = this.#sinceMs + this.#maxMs - performance.now();
    // Timers may be a little early.
    if (leftMs <= 1) this.#onStalled();
    else this.#timer = this.#lookIn(leftMs);
  }

  #lookIn(ms: number): NodeJS.Timeout {
    return setTimeout(() => this.#look(), ms).unref();
  }
}
