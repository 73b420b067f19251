import type { Rule } from '@drawbridge/contracts';
import { error, type Entry, type Finding } from './entry.js';
import type { FieldPath } from './parse-documents.js';

interface RulesAt {
  readonly rules: readonly Rule[];
  readonly path: FieldPath;
}

/** Kubernetes reads `pods/*`, `pay*` and a name `*` as ordinary words that match nothing: a sure mistake. */
export function checkWildcards(entry: Entry, { rules, path }: RulesAt): Finding[] {
  return rules.flatMap((rule, index) =>
    Object.entries(rule).flatMap(([field, words = []]) =>
      words.flatMap((word, position) =>
        isMeaningless(field, word)
          ? [error(entry, [...path, index, field, position], messages[field] ?? '')]
          : [],
      ),
    ),
  );
}

const messages: Readonly<Record<string, string>> = {
  verbs: 'expected a verb or "*"',
  apiGroups: 'expected an API group or "*"',
  resources: 'expected a resource, a "resource/subresource", "*/subresource" or "*"',
  namespaces: 'expected a namespace or "*"',
  resourceNames: 'expected a name; leave the field out for any name',
};

function isMeaningless(field: string, word: string): boolean {
  if (!word.includes('*')) return false;
  if (field === 'resourceNames') return true;
  if (field === 'resources' && /^\*\/[^*/]+$/u.test(word)) return false;
  return word !== '*';
}
