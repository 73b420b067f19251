const WINDOW_MS = 10_000;

interface Stored {
  readonly at: number;
  readonly lines: number;
  readonly ageMs: number;
}

/** How fast messages of `COMMANDS` are stored, and how old they are by then. */
export class IngestRate {
  /** Of the last seconds: when, how many lines, and how old the oldest message was. */
  #stored: Stored[] = [];
  /** When the oldest message was stored in the stream that a lane has not stored in a table yet, by lane. */
  readonly #held = new Map<number, number>();

  /** @param now - milliseconds since the epoch */
  constructor(private readonly now: () => number = Date.now) {}

  /** A lane has a batch to store, perhaps not for the first time; of this time is the oldest message in it. */
  begin(lane: number, oldest: Date): void {
    this.#held.set(lane, oldest.getTime());
  }

  /** The batch of the lane is stored; it had so many lines. */
  stored(lane: number, lines: number): void {
    const at = this.now();
    this.#stored.push({ at, lines, ageMs: at - (this.#held.get(lane) ?? at) });
    this.#held.delete(lane);
    this.#forget(at);
  }

  /** Lines stored a second, on average over the last ten: what it catches up with when it is behind. */
  get linesPerSecond(): number {
    this.#forget(this.now());
    const lines = this.#stored.reduce((sum, each) => sum + each.lines, 0);
    return Math.round(lines / (WINDOW_MS / 1_000));
  }

  /**
   * The most that a message waited of those that were stored in the last ten seconds and of those that wait now: it
   * grows for as long as ClickHouse takes nothing.
   */
  get lagMs(): number {
    const at = this.now();
    this.#forget(at);
    const waiting = [...this.#held.values()].map((oldest) => at - oldest);
    return Math.max(0, ...waiting, ...this.#stored.map(({ ageMs }) => ageMs));
  }

  #forget(now: number): void {
    this.#stored = this.#stored.filter(({ at }) => now - at < WINDOW_MS);
  }
}
