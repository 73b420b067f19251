import type { Escape } from './escapes.js';

/** A part of a text that is masked. */
export interface Finding {
  readonly start: number;
  readonly end: number;
  /** What it is, in the placeholder too. */
  readonly kind: string;
  /** Sequences for a terminal in it, which are no part of the value. */
  readonly escapes?: readonly Escape[];
}

/** In order, with those that overlap as one, of the kind of the first. */
export function inOrder(findings: readonly Finding[]): readonly Finding[] {
  if (findings.length < 2) return findings;
  const merged: Finding[] = [];
  for (const finding of findings.toSorted((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last === undefined || finding.start >= last.end) merged.push(finding);
    else merged[merged.length - 1] = { ...last, end: Math.max(last.end, finding.end) };
  }
  return merged;
}
