import { SLAB_BYTES, type Slabs } from './slabs.js';

/** A record of TLS that is nearly full: more is on its way behind it. */
const FULL_BYTES = 8_192;

/**
 * Makes few pieces of the many in which a large body comes, without keeping anything back for longer than a turn of
 * the event loop. What comes is copied: it is only lent.
 */
export class BodyPieces {
  readonly #slabs: Slabs;
  readonly #onPiece: (piece: Buffer, last: boolean) => void;
  #slab: Buffer | undefined;
  #filled = 0;
  #scheduled: NodeJS.Immediate | undefined;

  constructor(slabs: Slabs, onPiece: (piece: Buffer, last: boolean) => void) {
    this.#slabs = slabs;
    this.#onPiece = onPiece;
  }

  /** @param last - the body is over with these bytes */
  push(bytes: Buffer, last: boolean): void {
    const alone = this.#slab === undefined && (last || bytes.length < FULL_BYTES);
    if (alone || bytes.length > SLAB_BYTES) {
      if (!alone) this.#flush(false);
      this.#onPiece(copyOf(bytes), last);
      return;
    }
    const slab = this.#fit(bytes.length);
    bytes.copy(slab, this.#filled);
    this.#filled += bytes.length;
    const room = slab.length - this.#filled;
    if (last || bytes.length < FULL_BYTES || room < FULL_BYTES) this.#flush(last);
    else this.#scheduled ??= setImmediate(() => this.#flush(false));
  }

  /** The body is over. */
  end(): void {
    if (this.#slab !== undefined) this.#flush(true);
  }

  /** What has not been passed on never is. */
  drop(): void {
    const slab = this.#take();
    if (slab !== undefined) this.#slabs.giveBack(this.#slabs.lend(slab, 0));
  }

  #fit(bytes: number): Buffer {
    if (this.#slab !== undefined && this.#filled + bytes > this.#slab.length) this.#flush(false);
    this.#slab ??= this.#slabs.take();
    return this.#slab;
  }

  #flush(last: boolean): void {
    const filled = this.#filled;
    const slab = this.#take();
    if (slab !== undefined) this.#onPiece(this.#slabs.lend(slab, filled), last);
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

function copyOf(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafe(bytes.length);
  bytes.copy(copy);
  return copy;
}
