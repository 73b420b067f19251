import type { SessionChunk } from '@drawbridge/contracts';
import { isKeptInstant } from './kept-instant.js';
import type { PlacedLine } from './placed-line.js';
import { readableText } from './readable-text.js';
import { receivedAt } from './received-at.js';

/** A row of the table `session_chunks`, as it is read. */
export interface ChunkColumns {
  readonly command_id: string;
  readonly received_at: string;
  readonly chunk_index: number;
  readonly connection: string;
  readonly at: string;
  /** JSON, as it stood in the line; `header` and `ending` empty when they did not. */
  readonly frames: string;
  readonly text: string;
  readonly header: string;
  readonly ending: string;
  readonly positions: readonly number[];
  readonly check: number;
  readonly raw: string;
}

/** One piece of a recording as a row; a line that the columns do not give back byte for byte stays beside them. */
export function chunkRow(chunk: SessionChunk, { position, check, text }: PlacedLine): ChunkColumns {
  const row = {
    command_id: chunk.commandId.toLowerCase(),
    received_at: receivedAt(chunk.commandId),
    chunk_index: chunk.index,
    connection: chunk.connection,
    at: chunk.at,
    frames: JSON.stringify(chunk.frames),
    text: readableText(chunk.frames),
    header: chunk.header === undefined ? '' : JSON.stringify(chunk.header),
    ending: chunk.final === undefined ? '' : JSON.stringify(chunk.final),
    positions: [position],
    check,
    raw: '',
  };
  const isExact = isKeptInstant(row.at) && writtenChunk(row) === text;
  return isExact ? row : { ...row, raw: text };
}

/** The bytes, as text, of the line of a piece. */
export const chunkLine = (row: ChunkColumns): string =>
  row.raw === '' ? writtenChunk(row) : row.raw;

function writtenChunk(row: ChunkColumns): string {
  const text = JSON.stringify({
    type: 'SessionChunk',
    commandId: row.command_id,
    connection: row.connection,
    at: row.at,
    index: row.chunk_index,
  });
  const header = row.header === '' ? '' : `,"header":${row.header}`;
  const final = row.ending === '' ? '' : `,"final":${row.ending}`;
  return `${text.slice(0, -1)},"frames":${row.frames}${header}${final}}`;
}
