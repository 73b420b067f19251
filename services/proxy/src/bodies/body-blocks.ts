import { MAX_OBJECT_BYTES } from '@drawbridge/object-store';

/** A body that grows out of one is copied into the next. */
const SIZES = [65_536, 262_144, MAX_OBJECT_BYTES] as const;
/** As many of each size are kept for the next bodies: the rest is left to the garbage collector. */
const MAX_FREE = 8;

/** Memory for the pieces of long bodies, used over and over: fresh memory costs half as much as hashing what is in it. */
export class BodyBlocks {
  readonly #free = new Map<number, Buffer[]>(SIZES.map((size) => [size, []]));

  /** Room for so many bytes, a mebibyte at most. */
  take(bytes: number): Buffer {
    const size = SIZES.find((each) => each >= bytes) ?? MAX_OBJECT_BYTES;
    return this.#free.get(size)?.pop() ?? Buffer.allocUnsafeSlow(size);
  }

  /** Nobody reads or writes it any more; once for each time that it was taken. */
  giveBack(block: Buffer): void {
    const free = this.#free.get(block.length);
    if (free !== undefined && free.length < MAX_FREE) free.push(block);
  }
}

/** Those of this process or worker. */
export const bodyBlocks = new BodyBlocks();
