import {
  AS_KEY,
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COLON_BYTE,
  COMMA,
  isNoText,
  kindOf,
  OBJECT_NEXT,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  SCALAR,
  SPACE,
  STRING,
  VALUE,
} from './byte-kind.js';
import { Editor } from './editor.js';
import { JsonStreamError, MAX_DEPTH } from './json-stream-error.js';
import type { RuleNode } from './rule-tree.js';
import { NO_BYTES } from './text-buffer.js';
import { mayEnd, nextScalar, SCALAR_START } from './scalar-states.js';
import { CHUNK_AT, OUT } from './skim-memory.js';
import { expectationOf, stateOf } from './skim-states.js';
import { tableOf, type SkimTable } from './skim-table.js';
import { skimmer } from './skimmer.js';

/** How far a string is looked through byte by byte before the search is left to native code, which has to be called. */
const NEAR_BYTES = 48;

const OPEN = OPEN_OBJECT | OPEN_ARRAY;

const NEVER = MAX_DEPTH + 1;
const NOT_SKIMMED = -1;

type Token = 'none' | 'key' | 'string' | 'scalar';

export interface ScannerOptions {
  readonly rules: RuleNode;
  /** Several documents, one behind the other, as in a watch. @default false: exactly one */
  readonly stream?: boolean;
  /** The largest element that is held until it is judged. */
  readonly maxHeldBytes: number;
  /** Read over what no rule speaks of with the {@link skimmer}: what comes out is the same. @default true */
  readonly skim?: boolean;
}

/**
 * Reads JSON as it comes, in chunks split anywhere, and passes it on with the rules applied. Checks the grammar,
 * but for what stands inside of strings; keeps a stack and what is not yet judged, nothing else.
 */
export class JsonScanner {
  readonly #isObject = new Uint8Array(MAX_DEPTH + 1);
  readonly #editor: Editor;
  readonly #stream: boolean;
  readonly #table: SkimTable | undefined;
  #chunk: Uint8Array = NO_BYTES;
  #depth = 0;
  #expect: number = VALUE;
  #token: Token = 'none';
  /** The chunk ended behind a backslash. */
  #escaped = false;
  #scalar = SCALAR_START;
  #failure: Error | undefined;
  /** The skimmer knows the containers down to this depth; -1 when it is not used for this chunk. */
  #known = NOT_SKIMMED;

  constructor({ rules, stream = false, maxHeldBytes, skim = true }: ScannerOptions) {
    this.#editor = new Editor(rules, stream, maxHeldBytes);
    this.#stream = stream;
    this.#table = skim ? tableOf(rules) : undefined;
  }

  /**
   * @returns what can be passed on now: parts of `chunk` and bytes of our own
   * @throws {@link JsonStreamError} from then on, at every call
   */
  push(chunk: Uint8Array): readonly Uint8Array[] {
    if (this.#failure !== undefined) throw this.#failure;
    if (chunk.length === 0) return [];
    const skims = this.#table !== undefined && skimmer.enter(this.#table, chunk);
    this.#known = skims ? 0 : NOT_SKIMMED;
    try {
      this.#chunk = chunk;
      this.#editor.begin(chunk);
      this.#scan();
      return this.#editor.take();
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error('not scanned', { cause: error });
      throw this.#failure;
    } finally {
      if (skims) skimmer.leave(chunk);
    }
  }

  /** Is as new: to make one takes longer than to read a small document. Nothing is kept of what it has read. */
  reset(): void {
    this.#editor.reset();
    this.#chunk = NO_BYTES;
    this.#depth = 0;
    this.#expect = VALUE;
    this.#token = 'none';
    this.#escaped = false;
    this.#scalar = SCALAR_START;
    this.#failure = undefined;
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

  /* eslint-disable complexity, max-depth, max-lines-per-function --
     One loop over all there is: a call for every token takes as long as the tokens themselves. */
  #scan(): void {
    const chunk = this.#chunk;
    const editor = this.#editor;
    const isObject = this.#isObject;
    const end = chunk.length;
    let at = this.#resume();
    let depth = this.#depth;
    let expect = this.#expect;
    let behind = this.#behind(depth);
    // From this depth on no rule applies, so there is nobody to tell.
    let quiet = editor.isQuiet(depth) ? depth : NEVER;
    while (at < end) {
      if (this.#known !== NOT_SKIMMED && editor.mayBeSkimmed(depth)) {
        at = this.#skim(at, depth, expect);
        if (at === end) return;
        depth = this.#depth;
        expect = this.#expect;
        behind = this.#behind(depth);
        quiet = editor.isQuiet(depth) ? depth : NEVER;
        const next = skimmer.said(OUT.stringEnd) - CHUNK_AT;
        if (next > 0) {
          editor.string(at, next, depth);
          at = next;
          expect = behind;
          continue;
        }
      }
      const kind = kindOf[chunk[at] ?? 0] ?? 0;
      if (kind === SPACE) {
        at += 1;
        continue;
      }
      if ((expect & kind) === 0) throw malformed('something stands where it must not');
      if (kind === STRING) {
        const next = this.#endOfString(at + 1);
        if ((expect & AS_KEY) !== 0) {
          if (quiet > depth && editor.active !== undefined) {
            if (next < 0) editor.beginKey(at);
            else editor.key(at, next);
          }
          at = next;
          expect = COLON;
          if (next < 0) this.#token = 'key';
          else if (at < end && chunk[at] === COLON_BYTE) {
            expect = VALUE;
            at += 1;
          }
        } else {
          if (quiet > depth) editor.string(at, next, depth);
          at = next;
          expect = behind;
          if (next < 0) this.#token = 'string';
        }
        if (next < 0) break;
      } else if (kind === COMMA) {
        const inObject = (behind & CLOSE_OBJECT) !== 0;
        if (quiet > depth && editor.active !== undefined) editor.comma(inObject, at);
        expect = inObject ? OBJECT_NEXT : VALUE;
        at += 1;
      } else if (kind === COLON) {
        expect = VALUE;
        at += 1;
      } else if (kind === SCALAR) {
        if (quiet > depth && editor.next !== undefined) editor.beginScalar(at, depth);
        at = this.#endOfScalar(at);
        expect = behind;
        if (at < 0) {
          this.#token = 'scalar';
          break;
        }
        if (quiet > depth) {
          if (editor.reading) editor.endRead(at, depth);
          editor.endValue(at, depth);
        }
      } else if ((kind & OPEN) !== 0) {
        if (depth === MAX_DEPTH) throw tooDeep();
        if (this.#known > depth) this.#known = depth;
        const opensObject = kind === OPEN_OBJECT;
        if (quiet > depth) editor.open(opensObject, at, depth);
        depth += 1;
        if (quiet > depth && editor.isQuiet(depth)) quiet = depth;
        isObject[depth] = opensObject ? 1 : 0;
        behind = COMMA | (opensObject ? CLOSE_OBJECT : CLOSE_ARRAY);
        expect = opensObject ? OBJECT_NEXT | CLOSE_OBJECT : VALUE | CLOSE_ARRAY;
        at += 1;
      } else {
        depth -= 1;
        at += 1;
        if (quiet > depth) {
          editor.ended(at, depth);
          quiet = editor.isQuiet(depth) ? depth : NEVER;
        }
        expect = behind = this.#behind(depth);
      }
    }
    if (quiet < depth) editor.enteredQuiet(quiet, depth);
    this.#depth = depth;
    this.#expect = expect;
  }
  /* eslint-enable complexity, max-depth, max-lines-per-function */

  /** Reads over what nobody has to be told of. @returns where it stopped, with depth and expectations as they are there */
  #skim(from: number, depth: number, expect: number): number {
    const editor = this.#editor;
    if (editor.leftOut) this.#known = 0;
    editor.leftOut = false;
    for (let each = this.#known + 1; each <= depth; each += 1) {
      skimmer.opened(each, this.#isObject[each] ?? 0, editor.nodeAt(each));
    }
    skimmer.at(depth, stateOf(expect), editor.next?.id ?? 0);
    const at = skimmer.skim(from, this.#chunk.length, editor.floor);
    const deeper = (this.#depth = this.#known = skimmer.said(OUT.depth));
    for (let each = skimmer.said(OUT.lowest) + 1; each <= deeper; each += 1) {
      this.#isObject[each] = skimmer.isObject(each);
    }
    this.#expect = expectationOf(skimmer.said(OUT.state)) ?? this.#behind(deeper);
    if (this.#table !== undefined) editor.skimmed(this.#table.nodes, this.#isObject[deeper] === 1);
    return at;
  }

  /** What follows a value in the container at a depth. */
  #behind(depth: number): number {
    if (depth === 0) return this.#stream ? VALUE : 0;
    return COMMA | (this.#isObject[depth] === 1 ? CLOSE_OBJECT : CLOSE_ARRAY);
  }

  /** Index behind a number or word; -1 when the chunk ends before that is known. */
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
      return -1;
    }
    if (!mayEnd(state)) throw malformed('a number or word is not complete');
    this.#scalar = SCALAR_START;
    return at;
  }

  /** Index behind the closing quote; -1 when the chunk ends before it. */
  #endOfString(from: number): number {
    const chunk = this.#chunk;
    const near = from + NEAR_BYTES < chunk.length ? from + NEAR_BYTES : chunk.length;
    let at = from;
    while (at < near && isNoText[chunk[at] ?? 0] === 0) at += 1;
    const isShort = at < near && chunk[at] === QUOTE;
    this.#editor.isAscii = isShort;
    return isShort ? at + 1 : this.#endOfText(at);
  }

  /** The same for what is long, or has escapes. */
  #endOfText(from: number): number {
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

  /** Goes on with the token that the last chunk left open; returns where the next one begins. */
  #resume(): number {
    const token = this.#token;
    if (token === 'none') return 0;
    const editor = this.#editor;
    const next =
      token === 'scalar' ? this.#endOfScalar(0) : this.#endOfString(this.#escaped ? 1 : 0);
    if (next < 0) return this.#chunk.length;
    this.#token = 'none';
    if (token === 'key') {
      if (editor.active !== undefined) editor.endKey(next);
    } else {
      if (editor.reading) editor.endRead(next, this.#depth);
      editor.endValue(next, this.#depth);
    }
    return next;
  }
}

const malformed = (what: string) => new JsonStreamError('malformed', `no valid JSON: ${what}`);
const tooDeep = () =>
  new JsonStreamError('too_deep', `the document is deeper than ${MAX_DEPTH} levels`);
