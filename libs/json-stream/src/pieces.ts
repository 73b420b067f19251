import { JsonStreamError } from './json-stream-error.js';
import { NO_BYTES } from './text-buffer.js';

/** Below this average, pieces are cheaper to copy together than to write one by one. */
const SMALL_BYTES = 2_048;
const MIN_SPARE_BYTES = 512;
const MAX_SPARE_BYTES = 65_536;

/**
 * What goes out, as ranges of the chunk under way and bytes of our own. Nothing is copied but what must outlive
 * its chunk, and small pieces, which go out as one.
 */
export class Pieces {
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #owned: (Uint8Array | undefined)[] = [];
  /** The lists are longer: it costs less to write over what stands behind it than to make them shorter. */
  #count = 0;
  /** Bytes that were copied are kept together here, up to `#used`. */
  #spare: Uint8Array = NO_BYTES;
  #used = 0;

  get count(): number {
    return this.#count;
  }

  range(start: number, end: number): void {
    if (end > start) this.#add(start, end, undefined);
  }

  own(bytes: Uint8Array): void {
    this.#add(0, bytes.length, bytes);
  }

  /** Bytes that are not there for long. */
  copy(bytes: Uint8Array): void {
    const start = this.#used;
    const end = start + bytes.length;
    if (end > this.#spare.length) {
      const more = Math.min(MAX_SPARE_BYTES, 2 * this.#spare.length);
      this.#spare = Buffer.allocUnsafeSlow(Math.max(MIN_SPARE_BYTES, more, 2 * bytes.length));
      this.#used = 0;
      this.copy(bytes);
      return;
    }
    this.#spare.set(bytes, start);
    this.#used = end;
    this.#add(start, end, this.#spare);
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
    const joined = this.#join(ready);
    const isCopied = this.#isSmall(joined);
    const out = isCopied ? [this.#together(chunk, joined)] : this.#parts(chunk, joined);
    const end = this.#count;
    this.#count = 0;
    // What is kept moves to the front: never past what is still to be read.
    for (let index = ready; index < end; index += 1) this.own(this.#kept(chunk, index));
    // It is free again unless what goes out may be a part of it.
    if (this.#used > 0 && !isCopied) this.#spare = NO_BYTES;
    this.#used = 0;
    return out;
  }

  /** What is kept for the next chunk: copied once, not with every chunk that comes. */
  #kept(chunk: Uint8Array, index: number): Uint8Array {
    const owned = this.#owned[index];
    const [start, end] = [this.#starts[index], this.#ends[index]];
    const isOwn = owned !== undefined && owned !== this.#spare;
    if (isOwn && start === 0 && end === owned.length) return owned;
    return Uint8Array.from((owned ?? chunk).subarray(start, end));
  }

  /** @throws JsonStreamError when what is held from a piece on is larger */
  requireSmall(first: number, maxBytes: number): void {
    if (this.#size(first, this.#count) <= maxBytes) return;
    throw new JsonStreamError(
      'too_large',
      `an element is larger than ${maxBytes} bytes and says nothing that it could be judged by`,
    );
  }

  #size(first: number, last: number): number {
    let size = 0;
    for (let index = first; index < last; index += 1) {
      size += (this.#ends[index] ?? 0) - (this.#starts[index] ?? 0);
    }
    return size;
  }

  #isSmall(last: number): boolean {
    return last > 2 && this.#size(0, last) < last * SMALL_BYTES;
  }

  #together(chunk: Uint8Array, last: number): Uint8Array {
    const out = Buffer.allocUnsafe(this.#size(0, last));
    let at = 0;
    for (let index = 0; index < last; index += 1) {
      const source = this.#owned[index] ?? chunk;
      out.set(source.subarray(this.#starts[index], this.#ends[index]), at);
      at += (this.#ends[index] ?? 0) - (this.#starts[index] ?? 0);
    }
    return out;
  }

  /** Puts those of the first pieces together that touch; returns how many are left of them. */
  #join(last: number): number {
    let to = 0;
    for (let index = 0; index < last; index += 1) {
      const start = this.#starts[index] ?? 0;
      const end = this.#ends[index] ?? 0;
      const owned = this.#owned[index];
      if (to > 0 && this.#owned[to - 1] === owned && this.#ends[to - 1] === start) {
        this.#ends[to - 1] = end;
        continue;
      }
      this.#starts[to] = start;
      this.#ends[to] = end;
      this.#owned[to] = owned;
      to += 1;
    }
    return to;
  }

  #parts(chunk: Uint8Array, last: number): Uint8Array[] {
    const out: Uint8Array[] = [];
    for (let index = 0; index < last; index += 1) {
      const source = this.#owned[index] ?? chunk;
      const [start, end] = [this.#starts[index], this.#ends[index]];
      // What nothing was changed in goes out as it came.
      const isWhole = start === 0 && end === source.length;
      out.push(isWhole ? source : source.subarray(start, end));
    }
    return out;
  }

  /** Forgets everything. */
  clear(): void {
    this.#owned.length = 0;
    this.#count = 0;
    this.#spare = NO_BYTES;
    this.#used = 0;
  }
}
