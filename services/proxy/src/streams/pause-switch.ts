/** A human has ordered that nothing passes for now. */
export interface PauseOrder {
  /** Who, as people are shown. */
  readonly by: string;
  readonly reason: string;
}

/** What can be held back for as long as a human wants. */
export interface Pausable {
  pause(order: PauseOrder): void;
  resume(order: PauseOrder): void;
  /** It ends in a moment, and that is why. */
  cutting(order: PauseOrder): void;
}

/** Carries the order to pause a stream from whoever gives it to whatever holds the stream at that moment. */
export class PauseSwitch implements Pausable {
  #paused: PauseOrder | undefined;
  #listener: Pausable | undefined;

  pause(order: PauseOrder): void {
    if (this.#paused !== undefined) return;
    this.#paused = order;
    this.#listener?.pause(order);
  }

  resume(order: PauseOrder): void {
    if (this.#paused === undefined) return;
    this.#paused = undefined;
    this.#listener?.resume(order);
  }

  cutting(order: PauseOrder): void {
    this.#listener?.cutting(order);
  }

  /** From now on `listener` is told; at once when it is paused already. */
  onOrder(listener: Pausable): void {
    this.#listener = listener;
    if (this.#paused !== undefined) listener.pause(this.#paused);
  }
}
