import { createHash } from 'node:crypto';
import type { ConfigurationDocument } from '@drawbridge/contracts';

/** The version of a set of documents: 12 hex digits that change when, and only when, their meaning may. */
export function configurationVersion(documents: readonly ConfigurationDocument[]): string {
  const lines = documents.map((document) => canonicalJson(document)).toSorted();
  return createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 12);
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join()}}`;
}
