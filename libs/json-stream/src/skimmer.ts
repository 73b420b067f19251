import { lower } from './key-match.js';
import type { LongerValues, ShortValues } from './rewrite.js';
import { scalarTables } from './scalar-states.js';
import type { SkimTable } from './skim-table.js';
import { skimProgram } from './skim-program.js';
import {
  CHUNK_AT,
  IS_OBJECT_AT,
  LABEL_HIGH_AT,
  LABEL_LOW_AT,
  LOWER_AT,
  MAX_CHUNK_BYTES,
  NAMES_AT,
  NODES_AT,
  OUT,
  OUT_AT,
  PLAIN_HIGH_AT,
  PLAIN_LOW_AT,
  SCALAR_ENDS_AT,
  SCALARS_AT,
  TREE_BYTES,
  TREES,
  TREES_AT,
} from './skim-memory.js';

/** The memory of a program, which others may share. */
export interface SharedMemory {
  readonly buffer: ArrayBuffer;
}

interface Program {
  readonly memory: SharedMemory;
  /** Of functions that it may call. */
  readonly table: {
    grow(by: number): number;
    set(place: number, function_: LongerValues['mayHold']): void;
  };
  readonly use: (treeAt: number, shortBytes: number, longer: number) => void;
  readonly skim: (from: number, end: number, limit: number) => number;
}

/**
 * Reads over what nobody has to be told of, sixteen bytes at a time: WebAssembly, compiled from kernel/skim.as. It keeps
 * to what JsonScanner takes, and stops before all else. There is one for a process; who reads a chunk has it alone.
 */
export class Skimmer {
  readonly #program: Program;
  readonly #bytes: Uint8Array;
  readonly #nodes: Uint16Array;
  readonly #out: Int32Array;
  readonly #trees = new Array<SkimTable | undefined>(TREES).fill(undefined);
  #nextTree = 0;
  #table: SkimTable | undefined;
  #short: ShortValues | undefined;
  readonly #longer = new Map<LongerValues, number>();
  #isBusy = false;

  constructor(program: Program) {
    this.#program = program;
    const { buffer } = program.memory;
    this.#bytes = new Uint8Array(buffer);
    this.#nodes = new Uint16Array(buffer, NODES_AT, (OUT_AT - NODES_AT) / 2);
    this.#out = new Int32Array(buffer, OUT_AT, Object.keys(OUT).length);
    this.#bytes.set(lower, LOWER_AT);
    this.#bytes.set(scalarTables.table, SCALARS_AT);
    this.#bytes.set(scalarTables.ending, SCALAR_ENDS_AT);
  }

  get memory(): SharedMemory {
    return this.#program.memory;
  }

  /** @returns whether it can be used for this chunk, until {@link leave} */
  enter(table: SkimTable, chunk: Uint8Array): boolean {
    if (this.#isBusy || chunk.length > MAX_CHUNK_BYTES) return false;
    this.#isBusy = true;
    if (this.#table !== table) this.#use(table);
    this.#bytes.set(chunk, CHUNK_AT);
    return true;
  }

  /** Nothing of the chunk stays behind. */
  leave(chunk: Uint8Array): void {
    this.#bytes.fill(0, CHUNK_AT, CHUNK_AT + chunk.length);
    this.#isBusy = false;
  }

  #use(table: SkimTable): void {
    let slot = this.#trees.indexOf(table);
    if (slot < 0) {
      slot = this.#nextTree;
      this.#nextTree = (slot + 1) % TREES;
      this.#trees[slot] = table;
      this.#bytes.set(table.bytes, TREES_AT + slot * TREE_BYTES);
    }
    const { short } = table;
    if (short !== undefined && short !== this.#short) this.#useShort(short);
    this.#table = table;
    const longer = short?.longer === undefined ? 0 : this.#placeOf(short.longer);
    this.#program.use(TREES_AT + slot * TREE_BYTES, short?.maxBytes ?? 0, longer);
  }

  /** @returns where it stands in the table of the program; never 0 */
  #placeOf(longer: LongerValues): number {
    const known = this.#longer.get(longer);
    if (known !== undefined) return known;
    const { table } = this.#program;
    const place = table.grow(1);
    table.set(place, longer.mayHold);
    this.#longer.set(longer, place);
    return place;
  }

  #useShort(short: ShortValues): void {
    this.#short = short;
    this.#bytes.set(short.names, NAMES_AT);
    const plain = nibbles(short.without);
    this.#bytes.set(plain.low, PLAIN_LOW_AT);
    this.#bytes.set(plain.high, PLAIN_HIGH_AT);
    const labels = nibbles(short.labels);
    this.#bytes.set(labels.low, LABEL_LOW_AT);
    this.#bytes.set(labels.high, LABEL_HIGH_AT);
  }

  /** What it has to know of a container that others have opened. */
  opened(depth: number, isObject: number, node: number): void {
    this.#bytes[IS_OBJECT_AT + depth] = isObject;
    this.#nodes[depth] = node;
  }

  isObject(depth: number): number {
    return this.#bytes[IS_OBJECT_AT + depth] ?? 0;
  }

  node(depth: number): number {
    return this.#nodes[depth] ?? 0;
  }

  /** Where things stand when it begins. */
  at(depth: number, state: number, next: number): void {
    const out = this.#out;
    out[OUT.depth] = depth;
    out[OUT.state] = state;
    out[OUT.next] = next;
  }

  /** @returns index of the token before which it stopped, or the length of the chunk */
  skim(from: number, end: number, limit: number): number {
    return this.#program.skim(CHUNK_AT + from, CHUNK_AT + end, limit) - CHUNK_AT;
  }

  /** What it says of where it stopped. */
  said(field: number): number {
    return this.#out[field] ?? 0;
  }
}

/** Bytes that are looked for as two tables, by their lower and higher four bits: found is what has a bit in both. */
function nibbles(characters: string): { low: Uint8Array; high: Uint8Array } {
  const [low, high] = [new Uint8Array(16), new Uint8Array(16)];
  const rows = [...new Set(Array.from(characters, (each) => each.charCodeAt(0) >> 4))];
  if (rows.length > 8) throw new TypeError('these characters have too little in common');
  for (const character of characters) {
    const byte = character.charCodeAt(0);
    const bit = 1 << rows.indexOf(byte >> 4);
    low[byte & 15] = (low[byte & 15] ?? 0) | bit;
    high[byte >> 4] = (high[byte >> 4] ?? 0) | bit;
  }
  return { low, high };
}

/** The types of Node leave it out. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

const { exports } = new WebAssembly.Instance(
  new WebAssembly.Module(Buffer.from(skimProgram, 'base64')),
);

/** The one of this process. */
export const skimmer: Skimmer = new Skimmer(
  // What our own program exports: see kernel/skim.as.
  exports as Program,
);

/** Where it has its chunk: what looks into values where they stand has it too. */
export const skimMemory: SharedMemory = skimmer.memory;
