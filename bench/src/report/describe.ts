import type { Share } from '../profile/fold-profile.js';
import type { CallProfile } from '../profile/profile-small-get.js';
import type { RowOutcome } from '../rows/row.js';
import type { JudgedFigure } from './figures.js';
import { rowTable } from './table.js';
import { textTable } from './text-table.js';

export const describeOutcome = (outcome: RowOutcome): string =>
  [
    ...(outcome.samples.size === 0 ? [] : [textTable(rowTable(outcome))]),
    ...outcome.notes.map((note) => `Note: ${note}\n`),
  ].join('\n');

export function describeProfile({ steps, functions, cpuUsPerCall }: CallProfile): string {
  const table = (label: string, shares: readonly Share[]) =>
    textTable(
      shares.map(({ name, share }) => ({
        [label]: name,
        share: `${(share * 100).toFixed(1)} %`,
        'µs/call': (share * cpuUsPerCall).toFixed(1),
      })),
    );
  return [
    '\n## Where the time of a small get goes inside Drawbridge\n',
    table('step', steps),
    table('function, its own time', functions),
  ].join('\n');
}

export const describeFigures = (judged: readonly JudgedFigure[]): string =>
  `\n## Figures\n\n${textTable(
    judged.map(({ name, wanted, value, verdict }) => ({
      figure: name,
      wanted,
      found: value === undefined ? '' : String(Number(value.toPrecision(3))),
      verdict,
    })),
  )}`;
