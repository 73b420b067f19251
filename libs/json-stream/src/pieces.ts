/** Below this average, pieces are cheaper to copy together than to write one by one. */
const SMALL_BYTES = 2_048;

/**
 * What goes out, as ranges of the chunk under way and bytes of our own. Nothing is copied but what must outlive
 * its chunk.
 */
export class Pieces {
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #owned: (Uint8Array | undefined)[] = [];
  /** The lists are longer: it costs less to write over what stands behind it than to make them shorter. */
  #count = 0;

  get count(): number {
    return this.#count;
  }

  range(start: number, end: number): void {
    if (end > start) this.#add(start, end, undefined);
  }

  own(bytes: Uint8Array): void {
    this.#add(0, bytes.length, bytes);
  }

  /** @param count - no more than there are */
  truncate(count: number): void {
    this.#count = count;
  }

  #add(start: number, end: number, owned: Uint8Array | undefined): void {
    const at = this.#count;
    this.#starts[at] = start;
    this.#ends[at] = end;
    this.#owned[at] = owned;
    this.#count = at + 1;
  }

  /**
   * Takes the first `ready` pieces out; the others are copied and stay.
   *
   * @returns the pieces in order, those that touch put together
   */
  take(chunk: Uint8Array, ready: number): Uint8Array[] {
    const out = this.#join(chunk, ready);
    const end = this.#count;
    this.#count = 0;
    // What is kept moves to the front: never past what is still to be read.
    for (let index = ready; index < end; index += 1) {
      const part = chunk.subarray(this.#starts[index], this.#ends[index]);
      this.own(this.#owned[index] ?? Uint8Array.from(part));
    }
    return together(out);
  }

  /** Bytes from piece `first` on. */
  sizeFrom(first: number): number {
    let size = 0;
    for (let index = first; index < this.count; index += 1) {
      size += (this.#ends[index] ?? 0) - (this.#starts[index] ?? 0);
    }
    return size;
  }

  #join(chunk: Uint8Array, last: number): Uint8Array[] {
    const out: Uint8Array[] = [];
    for (let index = 0; index < last; index += 1) {
      const owned = this.#owned[index];
      if (owned !== undefined) {
        out.push(owned);
        continue;
      }
      const start = this.#starts[index] ?? 0;
      while (
        this.#owned[index + 1] === undefined &&
        this.#starts[index + 1] === this.#ends[index]
      ) {
        if (index + 1 >= last) break;
        index += 1;
      }
      out.push(chunk.subarray(start, this.#ends[index]));
    }
    return out;
  }
}

function together(pieces: Uint8Array[]): Uint8Array[] {
  if (pieces.length < 3) return pieces;
  const size = pieces.reduce((sum, { length }) => sum + length, 0);
  return size < pieces.length * SMALL_BYTES ? [Buffer.concat(pieces, size)] : pieces;
}
