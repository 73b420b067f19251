/** Somebody who holds a piece of a long body. */
export interface BodyHolder {
  /** Puts down what it can, soon. */
  relieve(): void;
}

const MAX_BYTES = 67_108_864;

/**
 * The memory of all long bodies that are recorded at a time, in one worker. When it is full, those who have more to
 * take wait, and all put down what they hold: so it never stays full, however slow the clients are.
 */
export class BodyMemory {
  readonly #holders = new Set<BodyHolder>();
  readonly #waiting: (() => void)[] = [];
  #held = 0;

  constructor(private readonly maxBytes = MAX_BYTES) {}

  get heldBytes(): number {
    return this.#held;
  }

  get isFull(): boolean {
    return this.#held >= this.maxBytes;
  }

  add(holder: BodyHolder): void {
    this.#holders.add(holder);
  }

  remove(holder: BodyHolder): void {
    this.#holders.delete(holder);
  }

  take(bytes: number): void {
    this.#held += bytes;
    if (this.isFull) for (const holder of this.#holders) holder.relieve();
  }

  free(bytes: number): void {
    this.#held -= bytes;
    if (this.isFull || this.#waiting.length === 0) return;
    for (const goOn of this.#waiting.splice(0)) goOn();
  }

  /** @param goOn - called once, when it is not full any more */
  whenFree(goOn: () => void): void {
    this.#waiting.push(goOn);
  }
}
