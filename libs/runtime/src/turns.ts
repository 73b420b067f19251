export interface TurnLimits {
  /** As many at once. */
  readonly running: number;
  /** As many more may wait for it. */
  readonly waiting: number;
  /** And not for longer than this. @default as long as it takes */
  readonly waitMs?: number;
}

/** Lets so many do their work at once, and so many more wait for it, in the order in which they came. */
export class Turns {
  #running = 0;
  readonly #waiting = new Set<(isMine: boolean) => void>();

  constructor(private readonly limits: TurnLimits) {}

  /** Nobody works and nobody waits. */
  get isIdle(): boolean {
    return this.#running === 0;
  }

  /** @returns what `work` gives; `undefined` when there was no turn for it */
  async take<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
    if (this.#running < this.limits.running) this.#running += 1;
    else if (!(await this.#wait())) return undefined;
    try {
      return await work();
    } finally {
      const [next] = this.#waiting;
      // Whoever comes next takes this very turn.
      if (next === undefined) this.#running -= 1;
      else next(true);
    }
  }

  async #wait(): Promise<boolean> {
    if (this.#waiting.size >= this.limits.waiting) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const { waitMs } = this.limits;
    const timer = waitMs === undefined ? undefined : setTimeout(() => leave(false), waitMs);
    const leave = (isMine: boolean): void => {
      this.#waiting.delete(leave);
      clearTimeout(timer);
      resolve(isMine);
    };
    this.#waiting.add(leave);
    return promise;
  }
}
