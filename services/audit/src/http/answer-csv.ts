/** What a reader could be deceived by: control characters, text direction, invisible characters. */
const DECEPTIVE =
  /[\p{Cc}\p{Bidi_Control}\p{Cs}\p{Default_Ignorable_Code_Point}\u2028\u2029\ufff9-\ufffb]/gu;

/**
 * What a spreadsheet takes for a formula, in their wide forms too. Also behind blanks, which some leave out when they
 * read a file.
 */
const FORMULA = /^\s*[=+\-@＝＋－＠|%]/u;

const visible = (character: string): string =>
  `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;

/** Text of others as people may read it (T21). */
export const neutralText = (text: string): string => text.replace(DECEPTIVE, visible);

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function cell(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const text = Array.isArray(value) ? value.map(String).join('; ') : textOf(value);
  const neutral = neutralText(text);
  const safe = FORMULA.test(neutral) ? `'${neutral}` : neutral;
  return /[",;\s]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/**
 * One line of CSV (RFC 4180), with its end. It is for people and their spreadsheets: a cell that would be a formula
 * begins with `'`, and control characters are shown as `\u{…}`. JSON and Parquet have texts as they are.
 */
export const csvLine = (values: readonly unknown[]): string => `${values.map(cell).join(',')}\r\n`;
