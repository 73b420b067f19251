import { JsonStreamError } from './json-stream-error.js';
import { NameSlot } from './name-slot.js';
import type { Rewrite } from './rewrite.js';
import { MAX_TEXT_BYTES, type Slice } from './text-buffer.js';

/** What says what a value is: the name of its member, or what stands beside it. */
export class ValueNames {
  readonly #member = new NameSlot();
  /** Of the element that the value stands in, or the string before it. */
  readonly #label = new NameSlot();

  /** Forgets everything. */
  clear(): void {
    this.#member.clear();
    this.#label.clear();
  }

  /** The container in which values at `depth` stand opens. */
  opened(depth: number): void {
    this.#label.opened(depth);
    this.#member.opened(depth - 1);
  }

  /** The chunk is gone after this. */
  suspend(chunk: Uint8Array): void {
    this.#member.suspend(chunk);
    this.#label.suspend(chunk);
  }

  /** @param name - `undefined` when it is not known */
  member(name: Slice | undefined, depth: number): void {
    if (name === undefined) this.#member.clear();
    else this.#member.set(name, depth);
  }

  /** @param text - `undefined` when it is not known */
  label(text: Slice | undefined, depth: number): void {
    if (this.#label.isUsed && this.#label.at(depth) !== undefined) {
      throw new JsonStreamError('ambiguous', 'an element has a second name behind a value');
    }
    if (text !== undefined && text.end - text.start <= MAX_TEXT_BYTES) this.#label.set(text, depth);
    else this.#label.clear();
  }

  /** A value beside it stayed because of it. */
  labelUsed(): void {
    this.#label.isUsed = true;
  }

  /** A string in an array, before the next one. What does not stand in the chunk under way is copied. */
  previous(raw: Slice, chunk: Uint8Array, depth: number): void {
    if (raw.bytes === chunk) {
      this.#label.set(raw, depth);
      return;
    }
    const bytes = Uint8Array.from(raw.bytes.subarray(raw.start, raw.end));
    this.#label.set({ bytes, start: 0, end: bytes.length }, depth);
  }

  of({ named }: Rewrite, depth: number): Slice | undefined {
    if (named === undefined) return undefined;
    return (named === 'member' ? this.#member : this.#label).at(depth);
  }

  /** A value stayed because of its name, or without one. */
  stayed({ named }: Rewrite, name: Slice | undefined): void {
    (named === 'member' ? this.#member : this.#label).isUsed = name !== undefined;
  }
}
