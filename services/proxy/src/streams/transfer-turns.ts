/** Bytes that one answer may pass on before others get their turn. */
export const TURN_BYTES = 131_072;
/** So many times as long takes a byte that is looked into, masked or filtered, as one that only passes. */
export const LOOKED_INTO = 4;

const SHARED_MS = 1_000;

/**
 * Lets long answers go on by turns, a few in each turn of the event loop, one agent after the other. Without it
 * one loop would pass on all that the sockets of all answers hold, megabytes, while short calls wait. Turns cost
 * something: an agent that has been alone lately goes on at once.
 */
export class TransferTurns {
  /** Agents in the order of their turns, each with its answers in theirs. */
  readonly #waiting = new Map<string, (() => void)[]>();
  #scheduled = false;
  #last: object | undefined;
  #changedAtMs = -Infinity;

  /** @param perLoop - answers that go on in one turn of the event loop */
  constructor(
    private readonly perLoop = 2,
    private readonly later: (run: () => void) => void = setImmediate,
    private readonly now = () => performance.now(),
  ) {}

  /** Another agent than this one, or this one beside another, has sent a call in the last second. */
  get shared(): boolean {
    return this.now() - this.#changedAtMs < SHARED_MS;
  }

  /** A call has come. @param agent - the same object for the calls of one token */
  came(agent: object): void {
    if (agent === this.#last) return;
    if (this.#last !== undefined) this.#changedAtMs = this.now();
    this.#last = agent;
  }

  /** @param goOn - called once, when it is the turn of this answer; whether it is still there is its own to know */
  wait(agent: string, goOn: () => void): void {
    const queued = this.#waiting.get(agent);
    if (queued === undefined) this.#waiting.set(agent, [goOn]);
    else queued.push(goOn);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.later(() => {
      this.#scheduled = false;
      for (let turn = 0; turn < this.perLoop; turn += 1) this.#next();
      if (this.#waiting.size > 0) this.#schedule();
    });
  }

  #next(): void {
    const [first] = this.#waiting;
    if (first === undefined) return;
    const [agent, queued] = first;
    const goOn = queued.shift();
    this.#waiting.delete(agent);
    if (queued.length > 0) this.#waiting.set(agent, queued);
    goOn?.();
  }
}
