import { neutralise } from './neutralise.js';

type Row = readonly string[];

/**
 * Columns under their names, two spaces apart; cells are neutralised. Empty cells are `-`.
 *
 * @param width - of a terminal that somebody reads it in. A table that is wider says once, above, what is the same in
 *   all rows, and breaks rows between columns where that is not enough; lines that go on are indented. Default: as wide
 *   as it is
 */
export function table(
  names: readonly string[],
  rows: readonly (readonly (string | undefined)[])[],
  width = Infinity,
): string {
  const cells = rows.map((row) => names.map((_, column) => cell(row[column])));
  const whole = aligned([names, ...cells]);
  if (isWithin(whole, width)) return whole.join('');
  const { above, kept } = apart(names, cells);
  const rest = [names, ...cells].map((row) => kept.map((column) => row[column] ?? ''));
  const fitted = aligned(rest);
  return [...above, ...(isWithin(fitted, width) ? fitted : broken(rest, width))].join('');
}

/** `name  value` lines, the values aligned; lines without a value are left out. */
export function fields(pairs: readonly (readonly [string, string | undefined])[]): string {
  const given = pairs.filter((pair): pair is readonly [string, string] => pair[1] !== undefined);
  const width = Math.max(0, ...given.map(([name]) => name.length));
  return given.map(([name, value]) => `  ${name.padEnd(width)}  ${neutralise(value)}\n`).join('');
}

function aligned(rows: readonly Row[]): string[] {
  const widths = widthsOf(rows);
  return rows.map((row) => `${lineOf(row, widths)}\n`);
}

const lineOf = (row: Row, widths: readonly number[]): string =>
  row
    .map((text, column) => text + ' '.repeat((widths[column] ?? 0) - widthOf(text)))
    .join('  ')
    .trimEnd();

const widthsOf = (rows: readonly Row[]): number[] =>
  (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => widthOf(row[column] ?? ''))));

const isWithin = (lines: readonly string[], width: number): boolean =>
  lines.every((line) => widthOf(line) - 1 <= width);

/** What all rows have in common, as lines to stand above them, and the columns that are left. */
function apart(
  names: Row,
  rows: readonly Row[],
): { readonly above: readonly string[]; readonly kept: readonly number[] } {
  const [first = [], ...others] = rows;
  const isSame = (column: number): boolean =>
    column > 0 && others.length > 0 && others.every((row) => row[column] === first[column]);
  const columns = names.map((_, column) => column);
  const said = columns.filter((column) => isSame(column) && first[column] !== '-');
  const above = said.map((column) => `${(names[column] ?? '').toLowerCase()}: ${first[column]}\n`);
  return {
    above: above.length === 0 ? [] : [...above, '\n'],
    kept: columns.filter((column) => !isSame(column)),
  };
}

const INDENT = '    ';

/** Each row on as many lines as it needs, the same columns below each other. */
function broken(rows: readonly Row[], width: number): string[] {
  const widths = widthsOf(rows);
  const lines: number[][] = [];
  let used = Infinity;
  for (const [column, size] of widths.entries()) {
    if (used + 2 + size > width) {
      lines.push([]);
      used = lines.length === 1 ? -2 : INDENT.length - 2;
    }
    lines.at(-1)?.push(column);
    used += 2 + size;
  }
  return rows.flatMap((row) =>
    lines.map((columns, line) => {
      const text = lineOf(
        columns.map((column) => row[column] ?? ''),
        columns.map((column) => widths[column] ?? 0),
      );
      return `${line === 0 ? '' : INDENT}${text}\n`;
    }),
  );
}

const cell = (text: string | undefined): string =>
  text === undefined || text === '' ? '-' : neutralise(text);

/** Code points; wide characters may shift a column, which is only a matter of looks. */
const widthOf = (text: string): number => Array.from(text).length;
