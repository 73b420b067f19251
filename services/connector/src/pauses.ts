/** Growing pauses between attempts, spread so that connectors that lost a gateway together do not come back together. */
export class Pauses {
  #nextMs: number;

  constructor(
    private readonly firstMs: number,
    private readonly longestMs: number,
    private readonly random: () => number = Math.random,
  ) {
    this.#nextMs = firstMs;
  }

  /** The next pause: between half and all of what it has grown to. */
  next(): number {
    const pauseMs = this.#nextMs * (0.5 + this.random() / 2);
    this.#nextMs = Math.min(this.longestMs, this.#nextMs * 2);
    return pauseMs;
  }

  reset(): void {
    this.#nextMs = this.firstMs;
  }
}
