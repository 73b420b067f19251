const WINDOW_MS = 10_000;

/** How fast messages of `COMMANDS` are stored, and how old they are by then. */
export class IngestRate {
  /** Of the last seconds: when, how many bytes, and how old the oldest message was. */
  #stored: { readonly at: number; readonly lines: number; readonly ageMs: number }[] = [];

  /** @param now - milliseconds since the epoch */
  constructor(private readonly now: () => number = Date.now) {}

  add({ lines, oldest }: { readonly lines: number; readonly oldest: Date }): void {
    const at = this.now();
    this.#stored.push({ at, lines, ageMs: Math.max(0, at - oldest.getTime()) });
    this.#forget(at);
  }

  /** Lines stored a second, on average over the last ten: what it catches up with when it is behind. */
  get linesPerSecond(): number {
    this.#forget(this.now());
    const lines = this.#stored.reduce((sum, each) => sum + each.lines, 0);
    return Math.round(lines / (WINDOW_MS / 1_000));
  }

  /** The most that a message waited of those that were stored in the last ten seconds. */
  get lagMs(): number {
    this.#forget(this.now());
    return Math.max(0, ...this.#stored.map(({ ageMs }) => ageMs));
  }

  #forget(now: number): void {
    this.#stored = this.#stored.filter(({ at }) => now - at < WINDOW_MS);
  }
}
