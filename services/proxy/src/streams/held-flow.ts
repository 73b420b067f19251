import type { UpstreamFlow } from '../upstream/upstream.js';

/** Lets others beside the relay hold an answer back: it flows when nobody does. */
export class HeldFlow implements UpstreamFlow {
  readonly #holders = new Set<string>();
  #flow: UpstreamFlow | undefined;

  follow(flow: UpstreamFlow): this {
    this.#flow = flow;
    if (this.#holders.size > 0) flow.pause();
    return this;
  }

  hold(by: string): void {
    this.#holders.add(by);
    this.#flow?.pause();
  }

  release(by: string): void {
    this.#holders.delete(by);
    if (this.#holders.size === 0) this.#flow?.resume();
  }

  pause(): void {
    this.hold(RELAY);
  }

  resume(): void {
    this.release(RELAY);
  }

  abort(): void {
    this.#flow?.abort();
  }

  giveBack(chunk: Uint8Array): void {
    this.#flow?.giveBack?.(chunk);
  }
}

const RELAY = 'relay';
