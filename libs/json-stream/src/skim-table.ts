import type { RuleNode } from './rule-tree.js';
import type { Rewrite, ShortValues } from './rewrite.js';
import {
  IF_NOT_LABELLED,
  IF_NOT_NAMED,
  LABEL,
  PLAIN_STAYS,
  TELL_ARRAY,
  TELL_INSIDE,
  TELL_OBJECT,
  TELL_SCALAR,
  TELL_STRING,
  TREE_BYTES,
} from './skim-memory.js';

const NODE_BYTES = 80;
const MEMBER_BYTES = 8;
/** Names of this length and more are looked for among each other. */
const LONG_KEY = 32;

/** A tree of rules as the skimmer reads it: what has to be told, by place. */
export interface SkimTable {
  readonly bytes: Uint8Array;
  readonly short: ShortValues | undefined;
  /** By their ids; the first one is nowhere. */
  readonly nodes: readonly (RuleNode | undefined)[];
}

const tables = new WeakMap<RuleNode, SkimTable>();

/** The table of a tree that {@link writeTable} has made one for. */
export const tableOf = (root: RuleNode): SkimTable | undefined => tables.get(root);

/** Writes a tree down, unless it is too large: then every token of its documents is looked at one by one. */
export function writeTable(
  root: RuleNode,
  all: Iterable<RuleNode>,
  short: ShortValues | undefined,
): void {
  const nodes: (RuleNode | undefined)[] = [undefined, ...all];
  nodes.forEach((node, id) => {
    if (node !== undefined) node.id = id;
  });
  const table = new TableWriter(nodes);
  if (table.fits) tables.set(root, { bytes: table.bytes(), short, nodes });
}

class TableWriter {
  /** The records of members begin behind those of nodes, at a whole number of their own size. */
  readonly #firstMember: number;
  readonly #keys = new Map<string, number>();
  readonly #keyBytes: readonly Uint8Array[];
  readonly #size: number;

  constructor(private readonly nodes: readonly (RuleNode | undefined)[]) {
    const names = nodes.flatMap((node) => [...(node?.members ?? [])]);
    this.#firstMember = (nodes.length * NODE_BYTES) / MEMBER_BYTES;
    let at = (this.#firstMember + names.length) * MEMBER_BYTES;
    const known = new Map(names.map(([name, { key }]) => [name, key]));
    for (const [name, key] of known) {
      this.#keys.set(name, at);
      at += key.length;
    }
    this.#keyBytes = [...known.values()];
    this.#size = at;
  }

  get fits(): boolean {
    return this.#size <= TREE_BYTES;
  }

  bytes(): Uint8Array {
    const bytes = new Uint8Array(this.#size);
    const view = new DataView(bytes.buffer);
    let member = this.#firstMember;
    this.nodes.forEach((node, id) => {
      if (node !== undefined) member = this.#write(node, view, { at: id * NODE_BYTES, member });
    });
    let at = this.#size - this.#keyBytes.reduce((sum, { length }) => sum + length, 0);
    for (const key of this.#keyBytes) {
      bytes.set(key, at);
      at += key.length;
    }
    return bytes;
  }

  /** @returns the next free record of a member */
  #write(node: RuleNode, view: DataView, { at, member }: { at: number; member: number }): number {
    view.setUint16(at, idOf(node.anyMember), true);
    view.setUint16(at + 2, idOf(node.elements), true);
    view.setUint16(at + 4, flagsOf(node), true);
    let next = member;
    for (let bucket = 0; bucket <= LONG_KEY; bucket += 1) {
      view.setUint16(at + 8 + 2 * bucket, next, true);
      for (const [name, { key, node: child }] of node.members) {
        if (Math.min(key.length, LONG_KEY) !== bucket) continue;
        view.setUint32(next * MEMBER_BYTES, this.#keys.get(name) ?? 0, true);
        view.setUint16(next * MEMBER_BYTES + 4, key.length, true);
        view.setUint16(next * MEMBER_BYTES + 6, idOf(child), true);
        next += 1;
      }
    }
    view.setUint16(at + 8 + 2 * (LONG_KEY + 1), next, true);
    return next;
  }
}

const idOf = (node: RuleNode | undefined): number => node?.id ?? 0;

const ALL = TELL_STRING | TELL_SCALAR | TELL_OBJECT | TELL_ARRAY;

function flagsOf(node: RuleNode): number {
  const inside = node.tellsInside ? TELL_INSIDE | TELL_OBJECT | TELL_ARRAY : 0;
  if (!node.isSimple) return ALL | inside;
  const label = node.label ? TELL_STRING | LABEL : 0;
  return inside | label | (node.rewrite === undefined ? 0 : rewriteFlags(node.rewrite));
}

function rewriteFlags({ container, named, stays }: Rewrite): number {
  const told = container === undefined ? TELL_STRING | TELL_SCALAR : ALL;
  if (stays === undefined) return told;
  if (stays === 'short') return told | PLAIN_STAYS;
  return told | PLAIN_STAYS | (named === 'label' ? IF_NOT_LABELLED : IF_NOT_NAMED);
}
