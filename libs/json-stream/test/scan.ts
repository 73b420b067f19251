import { JsonScanner } from '../src/json-scanner.js';
import type { Rule } from '../src/rule.js';
import { ruleTree } from '../src/rule-tree.js';

export interface Scan {
  readonly rules?: readonly Rule[];
  /** Sizes of the chunks, over and over. */
  readonly sizes?: readonly number[];
  readonly stream?: boolean;
  readonly maxHeldBytes?: number;
  /** @default true */
  readonly skim?: boolean;
}

/** Everything that comes out of a document that goes in in chunks. */
export function scan(document: string | Uint8Array, options: Scan = {}): Buffer {
  const {
    rules = [],
    sizes = [1_000_000],
    stream = false,
    maxHeldBytes = 1 << 20,
    skim = true,
  } = options;
  const scanner = new JsonScanner({ rules: ruleTree(rules), stream, maxHeldBytes, skim });
  const bytes = Buffer.from(document);
  const out: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    // A copy that is spoiled afterwards: whoever keeps a part of a chunk is found out.
    const chunk = Buffer.from(bytes.subarray(at, at + size));
    out.push(...scanner.push(chunk).map((piece) => Buffer.from(piece)));
    chunk.fill(0x21);
    at += size;
  }
  scanner.end();
  return Buffer.concat(out);
}

export const scanText = (document: string, options: Scan = {}): string =>
  scan(document, options).toString();
