import type { Rewrite, Scalar } from './rewrite.js';
import { NO_BYTES, type Slice } from './text-buffer.js';

/** The value under way that may be replaced, wherever chunks end in it. */
export class ValueCapture implements Scalar {
  rewrite: Rewrite | undefined;
  name: Slice | undefined;
  isString = false;
  isAscii = false;
  readonly raw: { bytes: Uint8Array; start: number; end: number } = {
    bytes: NO_BYTES,
    start: 0,
    end: 0,
  };
  /** Where it begins in the chunk under way; 0 when it began in an earlier one. */
  start = 0;
  #earlier: Uint8Array = NO_BYTES;
  #earlierSize = 0;

  /** Of the container that it stands in. */
  depth = 0;

  open(rewrite: Rewrite, at: number, depth: number): void {
    this.rewrite = rewrite;
    this.start = at;
    this.depth = depth;
    this.isString = false;
    this.isAscii = false;
    this.#earlierSize = 0;
  }

  /** Whether some of it stood in chunks that are gone. */
  get isSplit(): boolean {
    return this.#earlierSize > 0;
  }

  /** What of it stood in chunks that are gone. */
  get earlier(): Uint8Array {
    return this.#earlier.subarray(0, this.#earlierSize);
  }

  /** Bytes of it when it ends before `end`. */
  size(end: number): number {
    return this.#earlierSize + end - this.start;
  }

  /** The chunk ends: what there is of it is kept. */
  suspend(chunk: Uint8Array): void {
    const size = this.#earlierSize + chunk.length - this.start;
    if (size > this.#earlier.length) {
      const larger = new Uint8Array(Math.max(size, 2 * this.#earlier.length, 1_024));
      larger.set(this.earlier);
      this.#earlier = larger;
    }
    this.#earlier.set(chunk.subarray(this.start), this.#earlierSize);
    this.#earlierSize = size;
    this.start = 0;
  }

  /** It ends before `end`: {@link raw} is known from here on. */
  close(chunk: Uint8Array, end: number): Scalar {
    const quote = this.isString ? 1 : 0;
    if (this.#earlierSize === 0) this.#is(chunk, this.start + quote, end - quote);
    else {
      const size = this.#earlierSize;
      this.suspend(chunk.subarray(0, end));
      this.#is(this.#earlier, quote, this.#earlierSize - quote);
      this.#earlierSize = size;
    }
    return this;
  }

  /** Forgets everything. */
  clear(): void {
    this.rewrite = undefined;
    this.name = undefined;
    this.raw.bytes = NO_BYTES;
    this.#earlier = NO_BYTES;
    this.#earlierSize = 0;
  }

  /** Large memory is given back. */
  release(): void {
    this.rewrite = undefined;
    this.name = undefined;
    if (this.#earlier.length > 65_536) this.#earlier = NO_BYTES;
  }

  #is(bytes: Uint8Array, start: number, end: number): void {
    this.raw.bytes = bytes;
    this.raw.start = start;
    this.raw.end = end;
  }
}
