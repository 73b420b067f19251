import { skimMemory, type LongerValues, type Slice } from '@drawbridge/json-stream';
import { longTokens } from './known-tokens.js';
import { secretEndings } from './secret-name.js';
import {
  CLASSES_AT,
  ENDINGS_AT,
  FIRSTS_AT,
  GAP,
  MAX_PLACES,
  OUT_AT,
  TEXT_AT,
} from './sieve-memory.js';
import { sieveProgram } from './sieve-program.js';
import { classOf, DIGIT, LETTER_OR_DIGIT, UPPER } from './text-class.js';

/** What may stand between a label and its `=` or `:`. */
export const GAPS = '"\'\\ ';
/** Fewer are copied faster one by one. */
const SHORT_BYTES = 48;

/** What kernel/sieve.as exports. */
interface Program extends LongerValues {
  readonly sieve: (length: number) => number;
}

/** The program with what it has to know of names, tokens and letters. */
class Sieve {
  /** What was said of places, see sieve-memory.ts. */
  readonly said: Int32Array;
  readonly #text: Uint8Array;

  constructor(private readonly program: Program) {
    const { buffer } = skimMemory;
    const bytes = new Uint8Array(buffer);
    for (let byte = 0; byte < 256; byte += 1) {
      const isGap = GAPS.includes(String.fromCharCode(byte));
      bytes[CLASSES_AT + byte] = (kindOf(byte) & LETTER_OR_DIGIT) | (isGap ? GAP : 0);
    }
    for (const { prefix } of longTokens) {
      bytes[FIRSTS_AT + ((prefix.charCodeAt(0) << 8) | prefix.charCodeAt(1))] = 1;
    }
    for (let pair = 0; pair < secretEndings.length; pair += 1) {
      bytes[ENDINGS_AT + pair] = endsName(pair >> 8, pair & 0xff) ? 1 : 0;
    }
    this.said = new Int32Array(buffer, OUT_AT, MAX_PLACES);
    this.#text = bytes.subarray(TEXT_AT);
  }

  /** The text does not stay in memory. @returns how many places it has said */
  run({ bytes, start, end }: Slice): number {
    const text = this.#text;
    if (end - start > SHORT_BYTES) text.set(bytes.subarray(start, end));
    else for (let at = start; at < end; at += 1) text[at - start] = bytes[at] ?? 0;
    return this.program.sieve(end - start);
  }
}

const kindOf = (byte: number): number => classOf[byte] ?? 0;
const small = (byte: number): number => ((kindOf(byte) & UPPER) === 0 ? byte : byte + 0x20);

/** Whether the name of a secret may end so; digits behind it are another matter. */
const endsName = (before: number, last: number): boolean =>
  (kindOf(last) & DIGIT) === 0 && secretEndings[(small(before) << 8) | small(last)] === 1;

/** The types of Node leave it out. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

const { exports } = new WebAssembly.Instance(
  new WebAssembly.Module(Buffer.from(sieveProgram, 'base64')),
  { env: { memory: skimMemory } },
);
// What our own program exports.
const program = exports as Program;

/** The one of this process: who calls it has it alone until it returns. */
export const sieve: Sieve = new Sieve(program);

/** The same for values of documents, where these stand. */
export const longerValues: LongerValues = program;
