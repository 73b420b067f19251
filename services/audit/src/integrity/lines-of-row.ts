import { crc32 } from 'node:zlib';
import type { StoredLine } from '@drawbridge/contracts';
import type { LineTable } from '../clickhouse/select-messages.js';
import { bodyLine, type BodyColumns } from '../domain/body-row.js';
import { chunkLine, type ChunkColumns } from '../domain/chunk-row.js';
import type { CommandColumns } from '../domain/command-columns.js';
import type { PlacedLine } from '../domain/placed-line.js';
import { lineOf, sequenceOf } from '../domain/position.js';
import { endLine, startLine } from '../domain/rebuild-command.js';
import { differencesOf, mergedRow, type AnyRow } from '../domain/row-differences.js';
import { rowOfLine } from '../nats/read-command.js';

/** A line and the message that it stands in. */
export interface PlacedPart {
  readonly sequence: number;
  readonly part: StoredLine;
}

interface Line {
  readonly positions: readonly number[];
  readonly text: string;
}

/**
 * The lines that a row was made of, at each place where they stand, and in which columns the row is not what they say:
 * not all columns are in a line, and a line that was kept as it was makes up for none.
 */
export function linesOfRow(table: LineTable, row: unknown): readonly PlacedPart[] {
  const { lines, key } = readers[table](row);
  const given = lines.filter(({ positions }) => positions.length > 0);
  const damaged = damagedColumns(row, given);
  return given.flatMap(({ positions, text }) =>
    positions.map((position) => ({
      sequence: sequenceOf(position),
      part: {
        line: lineOf(position),
        table,
        row: key,
        data: Buffer.from(text).toString('base64'),
        ...(damaged.length === 0 ? {} : { damaged: [...damaged] }),
      },
    })),
  );
}

interface Rebuilt {
  readonly key: string;
  readonly lines: readonly Line[];
}

/*
 * The rows are of our own tables, whose columns were checked at the start; what stands in them is checked by whoever
 * gets it.
 */
const readers: Readonly<Record<LineTable, (row: unknown) => Rebuilt>> = {
  commands: (row) => {
    const command = row as CommandColumns;
    return {
      key: command.command_id,
      lines: [
        { positions: command.start_positions, text: startLine(command) },
        { positions: command.end_positions, text: endLine(command) },
      ],
    };
  },
  bodies: (row) => {
    const body = row as BodyColumns;
    return {
      key: `${body.command_id} ${body.direction}`,
      lines: [{ positions: body.positions, text: bodyLine(body) }],
    };
  },
  session_chunks: (row) => {
    const chunk = row as ChunkColumns;
    return {
      key: `${chunk.command_id} ${chunk.chunk_index}`,
      lines: [{ positions: chunk.positions, text: chunkLine(chunk) }],
    };
  },
};

function damagedColumns(row: unknown, lines: readonly Line[]): readonly string[] {
  const made = lines.map(({ positions, text }) => rowOfLine(placed(text, positions[0] ?? 0)));
  const wanted = made.reduce<AnyRow>(
    (merged, one) => (one === undefined ? merged : mergedRow(merged, { ...one.columns })),
    {},
  );
  if (made.includes(undefined)) return ['(line)'];
  return differencesOf(row as AnyRow, wanted);
}

const placed = (text: string, position: number): PlacedLine => ({
  position,
  check: crc32(Buffer.from(text)),
  text,
});
