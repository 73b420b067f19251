import type { Rule } from '@drawbridge/contracts';
import { neutralText } from './neutral-text.js';

/** Of one block; Slack's own limit for text is 3000. */
const CHUNK_LENGTH = 2_800;
/** A dialog holds 100 blocks and a quarter of a million characters; more than this nobody reads on a phone. */
const MAX_CHUNKS = 20;

/**
 * Every rule, exactly as it will be enforced, in parts that each fit in a block of a dialog.
 *
 * @returns `undefined` when a dialog cannot show them whole
 */
export function exactRules(rules: readonly Rule[]): readonly string[] | undefined {
  const chunks: string[] = [];
  for (const rule of rules) {
    for (const piece of pieces(exactRule(rule))) {
      const last = chunks.at(-1);
      if (last !== undefined && last.length + piece.length < CHUNK_LENGTH) {
        chunks[chunks.length - 1] = `${last}\n${piece}`;
      } else chunks.push(piece);
      if (chunks.length > MAX_CHUNKS) return undefined;
    }
  }
  return chunks;
}

/** Whether Slack can show these rules whole; what it cannot must not be approved there. */
export const isShownWhole = (rules: readonly Rule[]): boolean => exactRules(rules) !== undefined;

function exactRule({ verbs, apiGroups, resources, namespaces, resourceNames }: Rule): string {
  const groups = apiGroups.map((group) => (group === '' ? '"" (core)' : group));
  return [
    verbs.join(', '),
    `  resources:  ${resources.join(', ')}`,
    `  apiGroups:  ${groups.join(', ')}`,
    `  namespaces: ${namespaces.join(', ')}`,
    `  names:      ${resourceNames?.join(', ') ?? '(any)'}`,
  ]
    .map((line) => `${line.slice(0, indent(line))}${neutralText(line.trimStart(), Infinity)}`)
    .join('\n');
}

const indent = (line: string): number => line.length - line.trimStart().length;

function pieces(text: string): string[] {
  const count = Math.ceil(text.length / CHUNK_LENGTH);
  return Array.from({ length: count }, (_, index) =>
    text.slice(index * CHUNK_LENGTH, (index + 1) * CHUNK_LENGTH),
  );
}
