import { createHash } from 'node:crypto';
import type { GuardrailDocument } from '@drawbridge/contracts';

/**
 * Version of a set of guardrails: 12 hex digits that change when, and only when, their meaning may. Order of
 * documents, layout, and where they stand do not change it.
 */
export function guardrailsVersion(documents: readonly GuardrailDocument[]): string {
  const lines = documents.map(({ metadata, spec }) => canonicalJson({ metadata, spec })).toSorted();
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
