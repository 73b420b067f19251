import type { UpstreamFlow } from '../upstream/upstream.js';

/** Who may hold an answer back: a human, what is recorded of it, the start of its call while that is not stored, the relay. */
const holders = { human: 1, record: 2, start: 4, relay: 8 } as const;
export type Holder = keyof typeof holders;

/** Lets others beside the relay hold an answer back: it flows when nobody does. */
export class HeldFlow implements UpstreamFlow {
  #held = 0;
  #flow: UpstreamFlow | undefined;

  follow(flow: UpstreamFlow): this {
    this.#flow = flow;
    if (this.#held !== 0) flow.pause();
    return this;
  }

  hold(by: Holder): void {
    this.#held |= holders[by];
    this.#flow?.pause();
  }

  release(by: Holder): void {
    this.#held &= ~holders[by];
    if (this.#held === 0) this.#flow?.resume();
  }

  pause(): void {
    this.hold('relay');
  }

  resume(): void {
    this.release('relay');
  }

  abort(): void {
    this.#flow?.abort();
  }

  giveBack(chunk: Uint8Array): void {
    this.#flow?.giveBack?.(chunk);
  }
}
