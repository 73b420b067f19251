/** As much as is passed on in one piece at most. */
export const SLAB_BYTES = 65_536;
/** As many as are kept for the next answers: the rest is left to the garbage collector. */
const MAX_FREE = 64;

/**
 * Memory for large bodies, used over and over: fresh memory costs more than everything else that is done with a
 * chunk. Whoever gets a piece of it may keep it as long as he likes; what he gives back is written to again.
 */
export class Slabs {
  readonly #free: Buffer[] = [];
  /** The slab of every piece that is lent. By the view of that one loan, so that it can come back once only. */
  readonly #lent = new WeakMap<Uint8Array, Buffer>();

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES);
  }

  /** The first `bytes` of a slab that was taken, to be passed on. */
  lend(slab: Buffer, bytes: number): Buffer {
    const piece = slab.subarray(0, bytes);
    this.#lent.set(piece, slab);
    return piece;
  }

  /** Nobody reads this piece any more. Of what is no piece, or was given back before, nothing comes. */
  giveBack(piece: Uint8Array): void {
    const slab = this.#lent.get(piece);
    if (slab === undefined) return;
    this.#lent.delete(piece);
    if (this.#free.length < MAX_FREE) this.#free.push(slab);
  }
}

/** Those of this process or worker. */
export const slabs = new Slabs();
