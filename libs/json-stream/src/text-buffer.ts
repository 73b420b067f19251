const NONE = -1;

/** Longer names and values than this are not compared: nothing that rules speak of comes near it. */
export const MAX_TEXT_BYTES = 8_192;

/** The raw text of one string, wherever chunks end in it. */
export class TextBuffer {
  #chunk: Uint8Array = new Uint8Array(0);
  /** Where it begins in the chunk. */
  #start = NONE;
  /** What came of it in earlier chunks. */
  #earlier: Uint8Array | undefined;
  #tooLong = false;

  begin(chunk: Uint8Array): void {
    this.#chunk = chunk;
  }

  start(at: number): void {
    this.#start = at;
    this.#earlier = undefined;
    this.#tooLong = false;
  }

  /** The chunk ends; what is under way goes on in the next one. */
  suspend(end: number): void {
    if (this.#start === NONE) return;
    if (!this.#tooLong) this.#keep(this.#chunk.subarray(this.#start, end));
    this.#start = 0;
  }

  /** Where the text stands in {@link bytesOfKey}; `undefined` when it is too long to be known. */
  end(at: number): readonly [start: number, end: number] | undefined {
    const start = this.#start;
    this.#start = NONE;
    if (this.#earlier === undefined && !this.#tooLong) return [start, at];
    if (!this.#tooLong) this.#keep(this.#chunk.subarray(start, at));
    return this.#tooLong || this.#earlier === undefined ? undefined : [0, this.#earlier.length];
  }

  bytesOfKey(): Uint8Array {
    return this.#earlier ?? this.#chunk;
  }

  bytesOf([start, end]: readonly [number, number]): Uint8Array {
    return this.bytesOfKey().subarray(start, end);
  }

  #keep(more: Uint8Array): void {
    const earlier = this.#earlier ?? new Uint8Array(0);
    this.#tooLong = earlier.length + more.length > MAX_TEXT_BYTES;
    this.#earlier = this.#tooLong ? undefined : Buffer.concat([earlier, more]);
  }
}
