import { TokenBucket, type BucketOptions } from '../domain/token-bucket.js';

export interface TarpitOptions {
  /** Refusals of one caller that are answered at once. @default a hundred a second, after five hundred */
  readonly prompt?: BucketOptions;
  /** How long others are held. @default 1_000 */
  readonly holdMs?: number;
  /** Of one caller. @default 1_024 */
  readonly maxHeldPerCaller?: number;
  /** @default 4_096 */
  readonly maxHeld?: number;
  /** Callers that are told apart; all others count as one. @default 4_096 */
  readonly maxCallers?: number;
  /** Resolves when it is time to answer. @default a timer */
  readonly wait?: (ms: number) => Promise<void>;
  /** @default milliseconds of this thread */
  readonly now?: () => number;
}

interface Caller {
  readonly prompt: TokenBucket;
  held: number;
}

/** A few of those that have been known longest are looked at for each that is new. */
const LOOKED_AT = 8;
const OTHERS = '';

/**
 * Holds the refusals of a flood for a second each. A caller who waits for answers is slowed down to a rate that
 * costs others nothing, with as many connections as it may have; bounded for those who do not wait.
 */
export class Tarpit {
  readonly #callers = new Map<string, Caller>();
  readonly #prompt: BucketOptions;
  #held = 0;

  constructor(private readonly options: TarpitOptions = {}) {
    this.#prompt = options.prompt ?? { perSecond: 100, burst: 500 };
  }

  /** Refusals that wait to be answered. */
  get held(): number {
    return this.#held;
  }

  get callers(): number {
    return this.#callers.size;
  }

  /**
   * @param caller - who is refused: what costs something to change
   * @returns `undefined`: answer at once; a promise: answer when it resolves; `full`: answer, and end the connection
   */
  hold(caller: string): Promise<void> | 'full' | undefined {
    const now = this.#now();
    const known = this.#find(caller, now);
    if (known.prompt.take(now)) return undefined;
    const { maxHeldPerCaller = 1_024, maxHeld = 4_096 } = this.options;
    if (known.held >= maxHeldPerCaller || this.#held >= maxHeld) return 'full';
    return this.#wait(known);
  }

  async #wait(caller: Caller): Promise<void> {
    const { holdMs = 1_000, wait = waitFor } = this.options;
    caller.held += 1;
    this.#held += 1;
    try {
      await wait(holdMs);
    } finally {
      caller.held -= 1;
      this.#held -= 1;
    }
  }

  #find(name: string, now: number): Caller {
    const known = this.#callers.get(name);
    if (known !== undefined) return known;
    this.#forgetIdle(now);
    const { maxCallers = 4_096 } = this.options;
    if (this.#callers.size >= maxCallers && name !== OTHERS) return this.#find(OTHERS, now);
    const caller = { prompt: new TokenBucket(this.#prompt, now), held: 0 };
    this.#callers.set(name, caller);
    return caller;
  }

  /** Those who were refused nothing lately would be the same if they were new. */
  #forgetIdle(now: number): void {
    let looked = 0;
    for (const [name, caller] of this.#callers) {
      looked += 1;
      if (looked > LOOKED_AT) return;
      this.#callers.delete(name);
      if (caller.held > 0 || !caller.prompt.isFull(now)) this.#callers.set(name, caller);
    }
  }

  #now(): number {
    return this.options.now === undefined ? performance.now() : this.options.now();
  }
}

const waitFor = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
