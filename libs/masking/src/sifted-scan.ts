import type { Slice } from '@drawbridge/json-stream';
import type { Finding } from './findings.js';
import { classAt, SPACE } from './text-class.js';
import { TextScan } from './text-scan.js';
import { TextSieve } from './text-sieve.js';

/** At the end of a part of a text things may begin that nobody can know of yet: a placeholder of 82 bytes at most. */
const TAIL_BYTES = 96;
/** Shorter parts of a text are looked through at once. */
const SHORT_PART = 256;

/** Finds what {@link TextScan} finds, and looks closely only where something may be. */
export class SiftedScan {
  readonly #sieve = new TextSieve();
  readonly #scan: TextScan;

  /** @param unknown - whether what only looks drawn by chance counts too */
  constructor(unknown = true) {
    this.#scan = new TextScan(unknown);
  }

  /** Of the last {@link scan}. */
  get found(): readonly Finding[] {
    return this.#scan.found;
  }

  isClean(text: Slice): boolean {
    if (this.#sieve.suspects(text)?.length === 0) return true;
    this.scan(text, true);
    return this.found.length === 0;
  }

  /**
   * @param isLast - nothing comes behind it
   * @returns up to where everything is decided; what begins there needs what comes next
   */
  scan(text: Slice, isLast: boolean): number {
    const { bytes, start, end } = text;
    const isShort = !isLast && end - start < SHORT_PART;
    const places = isShort ? undefined : this.#sieve.suspects(text);
    if (places === undefined) return this.#scan.scan(text, isLast);
    this.#scan.open(text, isLast);
    const tail = isLast ? end : end - TAIL_BYTES;
    let at = start;
    for (const place of places) {
      // From here on everything is looked through.
      if (place >= tail) break;
      if (place >= at) at = this.#scan.pass(behindSpace(bytes, at, place), place);
    }
    if (!isLast && at < end) this.#scan.pass(behindSpace(bytes, at, tail), end);
    return this.#scan.decided();
  }
}

/** Where the piece between two spaces begins in which `at` is, not before `low`. */
function behindSpace(bytes: Uint8Array, low: number, at: number): number {
  let begin = Math.max(low, at);
  while (begin > low && (classAt(bytes, begin - 1) & SPACE) === 0) begin -= 1;
  return begin;
}
