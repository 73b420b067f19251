import type { Slice } from '@drawbridge/json-stream';
import { knownTokenAt } from './known-tokens.js';
import { isSecretName } from './secret-name.js';
import { MAX_PLACES, MAX_SIEVED_BYTES, SAID, SAID_BITS } from './sieve-memory.js';
import { GAPS, sieve } from './sieve.js';
import { classOf, SPACE, TOKEN } from './text-class.js';

const [COLON, SLASH] = [0x3a, 0x2f];
/** Between a label and its `=` or `:` there may be the end of a quotation and a space. */
const MAX_LABEL_GAP = 3;
/** Labels have fewer letters; what has more is looked at. */
const LONG_LABEL = 64;
const NONE = -1;

/**
 * Finds quickly where in a text there may be a secret, which is hardly anywhere: what lies between is not looked at
 * closely. Says too much rather than too little: all that `TextScan` finds, holds back, or steps over together with a
 * space has a place here, in the same piece between two spaces as it begins in. WebAssembly, compiled from
 * kernel/sieve.as, says where to look again.
 */
export class TextSieve {
  #text: Slice = { bytes: new Uint8Array(0), start: 0, end: 0 };
  #places: number[] = [];
  /** The last `@`, and whether it stands in a URL. */
  #sign = NONE;
  #isUrl = false;

  /** @returns places in order, valid until the next call; `undefined` for what is too long, or has too many */
  suspects(text: Slice): readonly number[] | undefined {
    if (this.#places.length > 0) this.#places = [];
    const length = text.end - text.start;
    if (length > MAX_SIEVED_BYTES) return undefined;
    const count = sieve.run(text);
    if (count > MAX_PLACES) return undefined;
    if (count > 0) this.#look(text, count);
    const places = this.#places;
    return places.length < 2 ? places : places.sort(byPlace);
  }

  #look(text: Slice, count: number): void {
    this.#text = text;
    this.#sign = NONE;
    for (let index = 0; index < count; index += 1) {
      const said = sieve.said[index] ?? 0;
      const at = text.start + (said >>> SAID_BITS);
      const place = this.#place(at, said & ((1 << SAID_BITS) - 1));
      if (place !== NONE) this.#places.push(place);
    }
  }

  #place(at: number, said: number): number {
    if (said === SAID.label) return this.#label(at);
    const { bytes, end } = this.#text;
    if (said === SAID.known) return knownTokenAt(bytes, at, end) === undefined ? NONE : at;
    return said === SAID.suspect || this.#isUrlSign(at) ? at : NONE;
  }

  /** The last letter of the name that stands before an `=` or `:`, if it is that of a secret. */
  #label(at: number): number {
    const { bytes, start } = this.#text;
    const low = Math.max(start, at - MAX_LABEL_GAP);
    let stop = at;
    while (stop > low && GAPS.includes(String.fromCharCode(bytes[stop - 1] ?? 0))) stop -= 1;
    const far = Math.max(start, stop - LONG_LABEL);
    let begin = stop;
    while (begin > far && ((classOf[bytes[begin - 1] ?? 0] ?? 0) & TOKEN) !== 0) begin -= 1;
    const isLong = stop - begin === LONG_LABEL;
    return isLong || isSecretName({ bytes, start: begin, end: stop }, 'end') ? stop - 1 : NONE;
  }

  #isUrlSign(at: number): boolean {
    this.#isUrl = this.#isInUrl(at);
    this.#sign = at;
    return this.#isUrl;
  }

  /** Whether `://` stands before an `@`, without a space between. Nothing is read again for the next one. */
  #isInUrl(at: number): boolean {
    const { bytes, start } = this.#text;
    const low = Math.max(start, this.#sign + 1);
    for (let each = at - 1; each >= low; each -= 1) {
      if (((classOf[bytes[each] ?? 0] ?? 0) & SPACE) !== 0) return false;
      const isColon = bytes[each] === COLON;
      if (isColon && bytes[each + 1] === SLASH && bytes[each + 2] === SLASH) return true;
    }
    return this.#sign !== NONE && this.#isUrl;
  }
}

const byPlace = (one: number, other: number): number => one - other;
