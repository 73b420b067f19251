/** How many callers may wait for changes at once: bounded in all, and for each so that none starves the rest. */
export class OpenWaits {
  readonly #byCaller = new Map<string, number>();
  #total = 0;

  constructor(private readonly limit: { readonly total: number; readonly perCaller: number }) {}

  /** @returns what to call when the wait ends, or `undefined` when there is no room */
  enter(caller: string): (() => void) | undefined {
    const own = this.#byCaller.get(caller) ?? 0;
    if (this.#total >= this.limit.total || own >= this.limit.perCaller) return undefined;
    this.#total += 1;
    this.#byCaller.set(caller, own + 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#leave(caller);
    };
  }

  #leave(caller: string): void {
    this.#total -= 1;
    const own = (this.#byCaller.get(caller) ?? 1) - 1;
    if (own === 0) this.#byCaller.delete(caller);
    else this.#byCaller.set(caller, own);
  }
}
