import type { UpstreamFlow } from '../upstream/upstream.js';

/** Why an answer may have to wait: for its client, for its turn, for what is recorded of it. */
const reasons = { client: 1, turn: 2, record: 4 } as const;
export type WaitReason = keyof typeof reasons;

/** Holds back what the cluster sends for as long as there is any reason to. */
export class FlowGate {
  #flow: UpstreamFlow | undefined;
  #waits = 0;

  /** What was held back until now is, from its beginning. */
  open(flow: UpstreamFlow): void {
    this.#flow = flow;
    if (this.#waits !== 0) flow.pause();
  }

  waitsFor(reason: WaitReason): boolean {
    return (this.#waits & reasons[reason]) !== 0;
  }

  wait(reason: WaitReason): void {
    this.#waits |= reasons[reason];
    this.#flow?.pause();
  }

  /** Goes on when there is no other reason. */
  goOn(reason: WaitReason): void {
    this.#waits &= ~reasons[reason];
    if (this.#waits === 0) this.#flow?.resume();
  }

  abort(): void {
    this.#flow?.abort();
  }

  giveBack(lent: Uint8Array): void {
    this.#flow?.giveBack?.(lent);
  }
}
