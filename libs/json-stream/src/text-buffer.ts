const NONE = -1;

/** Shared: to make an empty array takes as long as to fill a small one. */
export const NO_BYTES: Uint8Array = new Uint8Array(0);

/** Longer names and values than this are not compared: nothing that rules speak of comes near it. */
export const MAX_TEXT_BYTES = 8_192;

/** A part of some bytes. */
export interface Slice {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** The raw text of one string, wherever chunks end in it; a slice of the chunk if it is all in one. */
export class TextBuffer implements Slice {
  bytes: Uint8Array = NO_BYTES;
  start = 0;
  end = 0;
  #chunk: Uint8Array = NO_BYTES;
  /** Where it begins in the chunk, while it is under way. */
  #from = NONE;
  /** What came of it in earlier chunks. */
  #earlier: Uint8Array | undefined;
  #tooLong = false;

  /** Forgets everything. */
  clear(): void {
    this.bytes = NO_BYTES;
    this.#chunk = NO_BYTES;
    this.#from = NONE;
    this.#earlier = undefined;
  }

  /** The next chunk is here. */
  enter(chunk: Uint8Array): void {
    this.#chunk = chunk;
  }

  open(at: number): void {
    this.#from = at;
    this.#earlier = undefined;
    this.#tooLong = false;
  }

  /** The chunk ends; what is under way goes on in the next one. */
  suspend(end: number): void {
    if (this.#from === NONE) return;
    this.#keep(this.#from, end);
    this.#from = 0;
  }

  /** @returns whether the text is known; when it is too long it is not */
  close(at: number): boolean {
    const from = this.#from;
    this.#from = NONE;
    if (this.#earlier === undefined && !this.#tooLong) return this.#is(this.#chunk, from, at);
    this.#keep(from, at);
    return this.#earlier !== undefined && this.#is(this.#earlier, 0, this.#earlier.length);
  }

  #is(bytes: Uint8Array, start: number, end: number): true {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    return true;
  }

  #keep(from: number, to: number): void {
    if (this.#tooLong) return;
    const earlier = this.#earlier ?? new Uint8Array(0);
    this.#tooLong = earlier.length + to - from > MAX_TEXT_BYTES;
    const more = this.#chunk.subarray(from, to);
    this.#earlier = this.#tooLong ? undefined : Buffer.concat([earlier, more]);
  }
}
