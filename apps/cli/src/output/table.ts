import { neutralise } from './neutralise.js';

/** Columns under their names, two spaces apart; cells are neutralised. Empty cells are `-`. */
export function table(
  names: readonly string[],
  rows: readonly (readonly (string | undefined)[])[],
): string {
  const cells = rows.map((row) => names.map((_, column) => cell(row[column])));
  const widths = names.map((name, column) =>
    Math.max(name.length, ...cells.map((row) => widthOf(row[column] ?? ''))),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((text, column) => text + ' '.repeat((widths[column] ?? 0) - widthOf(text)))
      .join('  ')
      .trimEnd();
  return [names, ...cells].map((row) => `${line(row)}\n`).join('');
}

/** `name  value` lines, the values aligned; lines without a value are left out. */
export function fields(pairs: readonly (readonly [string, string | undefined])[]): string {
  const given = pairs.filter((pair): pair is readonly [string, string] => pair[1] !== undefined);
  const width = Math.max(0, ...given.map(([name]) => name.length));
  return given.map(([name, value]) => `  ${name.padEnd(width)}  ${neutralise(value)}\n`).join('');
}

const cell = (text: string | undefined): string =>
  text === undefined || text === '' ? '-' : neutralise(text);

/** Code points; wide characters may shift a column, which is only a matter of looks. */
const widthOf = (text: string): number => Array.from(text).length;
