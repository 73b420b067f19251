import { CallCut } from '../domain/call-cut.js';
import type { CutReason } from '../domain/cut-reason.js';

/** Carries the order to end a call from whoever gives it to whatever holds the call at that moment. */
export class CutSwitch {
  #reason: CutReason | undefined;
  #listener: ((reason: CutReason) => void) | undefined;

  cut(reason: CutReason): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#listener?.(reason);
  }

  /** @throws {@link CallCut} when the order was given already */
  throwIfCut(): void {
    if (this.#reason !== undefined) throw new CallCut(this.#reason);
  }

  /** From now on `listener` is told; at once when the order was given already. */
  onCut(listener: (reason: CutReason) => void): void {
    this.#listener = listener;
    if (this.#reason !== undefined) listener(this.#reason);
  }
}
