import { JsonStreamError } from './json-stream-error.js';
import { NameSlot } from './name-slot.js';
import type { Rewrite } from './rewrite.js';
import { MAX_TEXT_BYTES, type Slice } from './text-buffer.js';

/** What says what a value is: the name of its member, or what stands beside it. */
export class ValueNames {
  readonly #member = new NameSlot();
  /** By depth: of the element that a value stands in, or the string before it. One inside of it has its own. */
  readonly #labels: NameSlot[] = [];
  /** None of those from here on says anything. */
  #end = 0;

  /** Forgets everything. */
  clear(): void {
    this.#member.clear();
    this.#clearLabels(0);
  }

  /** The container in which values at `depth` stand opens. */
  opened(depth: number): void {
    if (this.#end > depth) this.#clearLabels(depth);
    this.#member.opened(depth - 1);
  }

  #clearLabels(from: number): void {
    for (let each = from; each < this.#end; each += 1) this.#labels[each]?.clear();
    this.#end = Math.min(this.#end, from);
  }

  #label(depth: number): NameSlot {
    while (this.#labels.length <= depth) this.#labels.push(new NameSlot());
    this.#end = Math.max(this.#end, depth + 1);
    return this.#labels[depth] ?? new NameSlot();
  }

  /** The chunk is gone after this. */
  suspend(chunk: Uint8Array): void {
    this.#member.suspend(chunk);
    for (let each = 0; each < this.#end; each += 1) this.#labels[each]?.suspend(chunk);
  }

  /** @param name - `undefined` when it is not known */
  member(name: Slice | undefined, depth: number): void {
    if (name === undefined) this.#member.clear();
    else this.#member.set(name, depth);
  }

  /** @param text - `undefined` when it is not known */
  label(text: Slice | undefined, depth: number): void {
    const label = this.#label(depth);
    if (label.isUsed && label.at(depth) !== undefined) {
      throw new JsonStreamError('ambiguous', 'an element has a second name behind a value');
    }
    if (text !== undefined && text.end - text.start <= MAX_TEXT_BYTES) label.set(text, depth);
    else label.clear();
  }

  /** A value beside the label at a depth stayed because of it. */
  labelUsed(depth: number): void {
    this.#label(depth).isUsed = true;
  }

  /** A string in an array, before the next one. What does not stand in the chunk under way is copied. */
  previous(raw: Slice, chunk: Uint8Array, depth: number): void {
    if (raw.bytes === chunk) {
      this.#label(depth).set(raw, depth);
      return;
    }
    const bytes = Uint8Array.from(raw.bytes.subarray(raw.start, raw.end));
    this.#label(depth).set({ bytes, start: 0, end: bytes.length }, depth);
  }

  of({ named }: Rewrite, depth: number): Slice | undefined {
    if (named === undefined) return undefined;
    return (named === 'member' ? this.#member : this.#labels[depth])?.at(depth);
  }

  /** A value stayed because of its name, or without one. */
  stayed({ named }: Rewrite, name: Slice | undefined, depth: number): void {
    const slot = named === 'member' ? this.#member : this.#labels[depth];
    if (slot !== undefined) slot.isUsed = name !== undefined;
  }
}
