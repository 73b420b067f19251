import { SLAB_BYTES, type Slabs } from './slabs.js';

/** A record of TLS that is nearly full: more is on its way behind it. */
const FULL_BYTES = 8_192;

/**
 * Makes few pieces of the many in which a large body comes, without keeping anything back for longer than a turn of
 * the event loop; while it is paused it keeps what comes until it goes on. What comes is copied: it is only lent.
 */
export class BodyPieces {
  readonly #slabs: Slabs;
  readonly #onPiece: (piece: Buffer, last: boolean) => void;
  /** Full ones, while it is paused. */
  #kept: Buffer[] = [];
  #slab: Buffer | undefined;
  #filled = 0;
  #scheduled: NodeJS.Immediate | undefined;
  #paused = false;

  constructor(slabs: Slabs, onPiece: (piece: Buffer, last: boolean) => void) {
    this.#slabs = slabs;
    this.#onPiece = onPiece;
  }

  /** More is kept than should be: nothing more should come until it goes on. */
  get full(): boolean {
    return this.#kept.length > 0;
  }

  /** @param last - the body is over with these bytes */
  push(bytes: Buffer, last: boolean): void {
    const goes = last || (bytes.length < FULL_BYTES && !this.#paused);
    if (goes && this.#slab === undefined && !this.full) {
      this.#onPiece(copyOf(bytes), last);
      return;
    }
    let from = 0;
    while (from < bytes.length) from += this.#copy(bytes, from);
    if (goes) this.#flush(last);
    else if (!this.#paused) this.#scheduled ??= setImmediate(() => this.#flush(false));
  }

  pause(): void {
    this.#paused = true;
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
  }

  /** Goes on with what was kept, until it is paused again. */
  resume(): void {
    this.#paused = false;
    while (!this.#isPaused()) {
      const piece = this.#kept.shift();
      if (piece === undefined) break;
      this.#onPiece(piece, false);
    }
    if (!this.#isPaused() && this.#slab !== undefined) this.#flush(false);
  }

  /** The body is over. */
  end(): void {
    if (this.#slab !== undefined || this.full) this.#flush(true);
  }

  /** What has not been passed on never is, and the next body is another one. */
  drop(): void {
    const slab = this.#take();
    if (slab !== undefined) this.#slabs.giveBack(this.#slabs.lend(slab, 0));
    for (const piece of this.#kept) this.#slabs.giveBack(piece);
    this.#kept = [];
    this.#paused = false;
  }

  #isPaused(): boolean {
    return this.#paused;
  }

  /** @returns how many bytes there was room for */
  #copy(bytes: Buffer, from: number): number {
    this.#slab ??= this.#slabs.take();
    const copied = bytes.copy(this.#slab, this.#filled, from);
    this.#filled += copied;
    if (this.#filled === SLAB_BYTES && from + copied < bytes.length) this.#flush(false);
    return copied;
  }

  #flush(last: boolean): void {
    const filled = this.#filled;
    const slab = this.#take();
    if (slab !== undefined) this.#kept.push(this.#slabs.lend(slab, filled));
    if (this.#paused && !last) return;
    const pieces = this.#kept;
    this.#kept = [];
    for (const [index, one] of pieces.entries()) {
      this.#onPiece(one, last && index === pieces.length - 1);
    }
  }

  #take(): Buffer | undefined {
    const slab = this.#slab;
    this.#slab = undefined;
    this.#filled = 0;
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    return slab;
  }
}

/** What was only lent. */
export function copyOf(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafe(bytes.length);
  bytes.copy(copy);
  return copy;
}
