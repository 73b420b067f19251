/** A handshake costs as much as ten calls or more; so many at a time are made of what had to wait so long. */
const MORE = 8;
const AFTER_MS = 10;

/**
 * When more connections are made. Calls come in bursts: behind a moment in which nothing moved a hundred of them may
 * wait, which the connections that are there serve sooner than a hundred handshakes are done, and what waits behind
 * those makes still more of them. So up to a number of connections are made at once; further ones a few at a time,
 * for calls that still wait after a moment.
 */
export class PacedGrowth {
  #allowed = 0;
  #timer: NodeJS.Timeout | undefined;
  #turn: NodeJS.Immediate | undefined;

  /**
   * @param atOnce - how many there may be before the rest is paced
   * @param grow - makes as many as are wanted and {@link may} be made
   */
  constructor(
    private readonly atOnce: number,
    private readonly grow: () => void,
  ) {}

  /** @param sockets - how many there are */
  may(sockets: number): boolean {
    return sockets < this.atOnce || this.#allowed > 0;
  }

  /** One more is made. */
  grew(): void {
    this.#allowed = Math.max(0, this.#allowed - 1);
  }

  /** More are wanted than may be made now. */
  later(): void {
    if (this.#turn !== undefined) return;
    this.#timer ??= setTimeout(() => this.#afterReading(), AFTER_MS).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#turn);
    this.#timer = undefined;
    this.#turn = undefined;
  }

  /** Behind what the connections have been sent meanwhile: it may be that nobody waits any more. */
  #afterReading(): void {
    this.#turn = setImmediate(() => {
      this.#timer = undefined;
      this.#turn = undefined;
      this.#allowed = MORE;
      this.grow();
      this.#allowed = 0;
    });
  }
}
