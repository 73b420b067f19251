import { NO_BYTES, type Slice } from './text-buffer.js';

const NONE = -1;

/** A text that says what a value is, for as long as the container at a depth is under way. */
export class NameSlot implements Slice {
  bytes: Uint8Array = NO_BYTES;
  start = 0;
  end = 0;
  /** A value stayed because of it. */
  isUsed = false;
  #depth = NONE;

  set({ bytes, start, end }: Slice, depth: number): void {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.#depth = depth;
    this.isUsed = false;
  }

  clear(): void {
    this.#depth = NONE;
    this.isUsed = false;
    this.bytes = NO_BYTES;
  }

  /** A container opened at a depth: what was said of one that stood there before is over. */
  opened(depth: number): void {
    if (this.#depth >= depth) this.clear();
  }

  at(depth: number): Slice | undefined {
    return this.#depth === depth ? this : undefined;
  }

  /** The chunk is gone after this. */
  suspend(chunk: Uint8Array): void {
    if (this.#depth === NONE || this.bytes !== chunk) return;
    this.bytes = Uint8Array.from(chunk.subarray(this.start, this.end));
    this.end -= this.start;
    this.start = 0;
  }
}
