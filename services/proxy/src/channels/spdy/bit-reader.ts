import { BrokenFrames } from '../broken-frames.js';

/** Reads bits as DEFLATE packs them: lowest first. */
export class BitReader {
  #at = 0;
  #bits = 0;
  #count = 0;

  constructor(private readonly input: Uint8Array) {}

  /** Everything is read, to the last bit of the last byte. */
  get atEnd(): boolean {
    return this.#at === this.input.length && this.#count === 0;
  }

  /** @throws {@link BrokenFrames} when there are no more */
  read(count: number): number {
    while (this.#count < count) {
      const byte = this.input[this.#at++];
      if (byte === undefined) throw new BrokenFrames('a header block that ends early');
      this.#bits |= byte << this.#count;
      this.#count += 8;
    }
    const value = this.#bits & ((1 << count) - 1);
    this.#bits >>>= count;
    this.#count -= count;
    return value;
  }

  skipToByte(): void {
    const odd = this.#count & 7;
    this.#bits >>>= odd;
    this.#count -= odd;
  }

  /** Only at the beginning of a byte. */
  bytes(count: number): Uint8Array {
    const start = this.#at - this.#count / 8;
    if (start + count > this.input.length) throw new BrokenFrames('a header block that ends early');
    this.#at = start + count;
    this.#bits = 0;
    this.#count = 0;
    return this.input.subarray(start, start + count);
  }
}
