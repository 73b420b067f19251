import {
  AS_KEY,
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COLON_BYTE,
  COMMA,
  kindOf,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  SPACE,
  STRING,
  VALUE,
} from './byte-kind.js';
import { Editor } from './editor.js';
import { JsonStreamError, MAX_DEPTH } from './json-stream-error.js';
import type { RuleNode } from './rule-tree.js';
import { NO_BYTES } from './text-buffer.js';
import { mayEnd, nextScalar, SCALAR_START } from './scalar-states.js';

/** How far a string is looked through byte by byte before the search is left to native code, which has to be called. */
const NEAR_BYTES = 48;

const OBJECT_NEXT = STRING | AS_KEY;

type Token = 'none' | 'key' | 'string' | 'scalar';

export interface ScannerOptions {
  readonly rules: RuleNode;
  /** Several documents, one behind the other, as in a watch. @default false: exactly one */
  readonly stream?: boolean;
  /** The largest element that is held until it is judged. */
  readonly maxHeldBytes: number;
}

/**
 * Reads JSON as it comes, in chunks split anywhere, and passes it on with the rules applied. Checks the grammar,
 * but for what stands inside of strings; keeps a stack and what is not yet judged, nothing else.
 */
export class JsonScanner {
  readonly #isObject = new Uint8Array(MAX_DEPTH + 1);
  readonly #editor: Editor;
  readonly #stream: boolean;
  #chunk: Uint8Array = NO_BYTES;
  #depth = 0;
  #expect: number = VALUE;
  #token: Token = 'none';
  /** The chunk ended behind a backslash. */
  #escaped = false;
  #scalar = SCALAR_START;
  #failure: Error | undefined;

  constructor({ rules, stream = false, maxHeldBytes }: ScannerOptions) {
    this.#editor = new Editor(rules, stream, maxHeldBytes);
    this.#stream = stream;
  }

  /**
   * @returns what can be passed on now: parts of `chunk` and bytes of our own
   * @throws {@link JsonStreamError} from then on, at every call
   */
  push(chunk: Uint8Array): readonly Uint8Array[] {
    if (this.#failure !== undefined) throw this.#failure;
    if (chunk.length === 0) return [];
    try {
      this.#chunk = chunk;
      this.#editor.begin(chunk);
      this.#scan();
      return this.#editor.take();
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error('not scanned', { cause: error });
      throw this.#failure;
    }
  }

  /** @throws {@link JsonStreamError} when the document did not end */
  end(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#token === 'scalar' && this.#depth === 0 && mayEnd(this.#scalar)) {
      this.#token = 'none';
      this.#expect = this.#stream ? VALUE : 0;
    }
    const isOver = this.#stream ? this.#expect === VALUE : this.#expect === 0;
    if (this.#token !== 'none' || this.#depth !== 0 || !isOver) {
      throw (this.#failure = malformed('the document ends too early'));
    }
  }

  #scan(): void {
    const chunk = this.#chunk;
    const end = chunk.length;
    let at = this.#resume();
    while (at < end) {
      const kind = kindOf[chunk[at] ?? 0] ?? 0;
      if (kind === SPACE) {
        at += 1;
        continue;
      }
      if ((this.#expect & kind) === 0) throw malformed('something stands where it must not');
      at = this.#next(kind, at);
    }
  }

  /** Reads the token that begins at `at`; returns where to go on. */
  #next(kind: number, at: number): number {
    switch (kind) {
      case STRING:
        return (this.#expect & AS_KEY) === 0 ? this.#string(at) : this.#key(at);
      case COLON:
        this.#expect = VALUE;
        return at + 1;
      case COMMA:
        return this.#comma(at);
      case OPEN_OBJECT:
      case OPEN_ARRAY:
        return this.#open(kind === OPEN_OBJECT, at);
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        this.#depth -= 1;
        this.#ended(at + 1);
        return at + 1;
      default:
        return this.#beginScalar(at);
    }
  }

  #open(isObject: boolean, at: number): number {
    if (this.#depth === MAX_DEPTH) {
      throw new JsonStreamError('too_deep', `the document is deeper than ${MAX_DEPTH} levels`);
    }
    this.#editor.open(isObject, at, this.#depth);
    this.#depth += 1;
    this.#isObject[this.#depth] = isObject ? 1 : 0;
    this.#expect = isObject ? OBJECT_NEXT | CLOSE_OBJECT : VALUE | CLOSE_ARRAY;
    return at + 1;
  }

  #comma(at: number): number {
    const inObject = this.#isObject[this.#depth] === 1;
    this.#expect = inObject ? OBJECT_NEXT : VALUE;
    if (this.#editor.active !== undefined) this.#editor.comma(inObject, at);
    return at + 1;
  }

  #key(at: number): number {
    if (this.#editor.active !== undefined) this.#editor.beginKey(at);
    const next = this.#endOfString(at + 1);
    return next < 0 ? this.#suspend('key') : this.#endKey(next);
  }

  #endKey(next: number): number {
    if (this.#editor.active !== undefined) this.#editor.endKey(next);
    // Mostly the colon is next: no need to come back for it.
    if (this.#chunk[next] === COLON_BYTE) {
      this.#expect = VALUE;
      return next + 1;
    }
    this.#expect = COLON;
    return next;
  }

  #string(at: number): number {
    if (this.#editor.next !== undefined) this.#editor.beginString(at, this.#depth);
    const next = this.#endOfString(at + 1);
    return next < 0 ? this.#suspend('string') : this.#endString(next);
  }

  #endString(next: number): number {
    if (this.#editor.reading) this.#editor.endRead(next, this.#depth);
    this.#ended(next);
    return next;
  }

  /** A value ended before `next`. */
  #ended(next: number): void {
    const depth = this.#depth;
    this.#editor.ended(next, depth);
    if (depth === 0) this.#expect = this.#stream ? VALUE : 0;
    else this.#expect = COMMA | (this.#isObject[depth] === 1 ? CLOSE_OBJECT : CLOSE_ARRAY);
  }

  #beginScalar(at: number): number {
    if (this.#editor.next !== undefined) {
      this.#editor.beginScalar(at, this.#depth);
    }
    this.#scalar = SCALAR_START;
    return this.#endOfScalar(at);
  }

  #endOfScalar(from: number): number {
    const chunk = this.#chunk;
    const end = chunk.length;
    let state = this.#scalar;
    let at = from;
    while (at < end) {
      const next = nextScalar(state, chunk[at] ?? 0);
      if (next === SCALAR_START) break;
      state = next;
      at += 1;
    }
    if (at === end) {
      this.#scalar = state;
      return this.#suspend('scalar');
    }
    if (!mayEnd(state)) throw malformed('a number or word is not complete');
    if (this.#editor.reading) this.#editor.endRead(at, this.#depth);
    this.#ended(at);
    return at;
  }

  /** Index behind the closing quote; -1 when the chunk ends before it. */
  #endOfString(from: number): number {
    const chunk = this.#chunk;
    const end = chunk.length;
    let at = from;
    for (;;) {
      const near = Math.min(at + NEAR_BYTES, end);
      while (at < near) {
        const byte = chunk[at];
        if (byte === QUOTE) return at + 1;
        at += byte === BACKSLASH ? 2 : 1;
      }
      if (at >= end) {
        this.#escaped = at > end;
        return -1;
      }
      const quote = chunk.indexOf(QUOTE, at);
      const stop = quote === -1 ? end : quote;
      const isEscaped = this.#isEscaped(at, stop);
      if (quote === -1) {
        this.#escaped = isEscaped;
        return -1;
      }
      at = quote + 1;
      if (!isEscaped) return at;
    }
  }

  /** Whether an odd number of backslashes stands before `at`. What stands at `from` is not escaped. */
  #isEscaped(from: number, at: number): boolean {
    let slashes = 0;
    while (at - slashes > from && this.#chunk[at - slashes - 1] === BACKSLASH) slashes += 1;
    return slashes % 2 === 1;
  }

  #suspend(token: Token): number {
    this.#token = token;
    return this.#chunk.length;
  }

  /** Goes on with the token that the last chunk left open; returns where the next one begins. */
  #resume(): number {
    const token = this.#token;
    if (token === 'none') return 0;
    this.#token = 'none';
    if (token === 'scalar') return this.#endOfScalar(0);
    const from = this.#escaped ? 1 : 0;
    this.#escaped = false;
    const next = this.#endOfString(from);
    if (next < 0) return this.#suspend(token);
    return token === 'key' ? this.#endKey(next) : this.#endString(next);
  }
}

const malformed = (what: string) => new JsonStreamError('malformed', `no valid JSON: ${what}`);
