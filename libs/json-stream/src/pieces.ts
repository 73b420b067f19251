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

  get count(): number {
    return this.#starts.length;
  }

  range(start: number, end: number): void {
    if (end <= start) return;
    this.#starts.push(start);
    this.#ends.push(end);
    this.#owned.push(undefined);
  }

  own(bytes: Uint8Array): void {
    this.#starts.push(0);
    this.#ends.push(bytes.length);
    this.#owned.push(bytes);
  }

  truncate(count: number): void {
    this.#starts.length = count;
    this.#ends.length = count;
    this.#owned.length = count;
  }

  /**
   * Takes the first `ready` pieces out; the others are copied and stay.
   *
   * @returns the pieces in order, those that touch put together
   */
  take(chunk: Uint8Array, ready: number): Uint8Array[] {
    const out = this.#join(chunk, ready);
    const kept = this.#owned.slice(ready);
    const starts = this.#starts.slice(ready);
    const ends = this.#ends.slice(ready);
    this.truncate(0);
    kept.forEach((bytes, index) => this.own(bytes ?? chunk.slice(starts[index], ends[index])));
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
