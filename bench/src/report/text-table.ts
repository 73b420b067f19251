export type Line = Readonly<Record<string, string>>;

/** Lines as a Markdown table: it reads as well in a terminal as in a document. */
export function textTable(lines: readonly Line[]): string {
  const labels = [...new Set(lines.flatMap((line) => Object.keys(line)))];
  const cells = [labels, ...lines.map((line) => labels.map((label) => line[label] ?? ''))];
  const widths = labels.map((_, column) =>
    Math.max(3, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  const text = (row: readonly string[]) =>
    `| ${row.map((cell, column) => pad(cell, widths[column] ?? 0, column)).join(' | ')} |`;
  const [head = [], ...body] = cells;
  const rule = widths.map((width, column) => (column === 0 ? '-' : ':').padStart(width, '-'));
  return [text(head), `| ${rule.join(' | ')} |`, ...body.map(text), ''].join('\n');
}

const pad = (cell: string, width: number, column: number): string =>
  column === 0 ? cell.padEnd(width) : cell.padStart(width);
