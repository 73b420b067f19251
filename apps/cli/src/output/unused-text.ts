import type { UnusedPage, UnusedRow } from '@drawbridge/contracts';
import { countText, minuteText, secondsText } from './cell-text.js';
import { neutraliseLines } from './neutralise.js';
import { table } from './table.js';

/** What grants allowed and nobody used, and below it what would have done. Grants that were used whole are counted. */
export function unusedText({ items, narrower }: UnusedPage, width?: number): string {
  const wider = items.filter((row) => row.wider);
  const rest = items.length - wider.length;
  const whole = rest === 0 ? [] : [`used whole: ${rest} of ${items.length} grants\n`];
  if (wider.length === 0) return [...whole, 'nothing found\n'].slice(0, 1).join('');
  const proposals = narrower.flatMap(({ yaml }) => (yaml === undefined ? [] : [yaml]));
  const yaml = proposals.length === 0 ? [] : [proposals.map(neutraliseLines).join('---\n')];
  return [grantTable(wider, width), ...whole, ...yaml].join('\n');
}

const grantTable = (rows: readonly UnusedRow[], width: number | undefined): string =>
  table(
    ['ISSUED (UTC)', 'AGENT', 'POLICY', 'ACTION', 'CALLS', 'USED', 'GRANTED', 'UNUSED', 'GRANT'],
    rows.map((row) => [
      minuteText(row.issuedAt),
      row.agentSubject,
      row.policy,
      row.action,
      countText(row.calls),
      secondsText(row.usedSeconds),
      secondsText(row.grantedSeconds),
      row.calls === 0 ? 'all of it' : unusedIn(row),
      row.grantId,
    ]),
    width,
  );

/** The words of the grant that nobody needed; of a `*` that it was more than was used. */
const unusedIn = (row: UnusedRow): string =>
  (
    [
      ['verbs', row.unusedVerbs],
      ['resources', row.unusedResources],
      ['namespaces', row.unusedNamespaces],
      ['names', row.unusedNames],
    ] as const
  )
    .flatMap(([kind, words]) => (words.length === 0 ? [] : [`${kind} ${words.join(', ')}`]))
    .join('; ');
