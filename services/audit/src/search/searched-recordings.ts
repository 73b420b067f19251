import { setImmediate as turn } from 'node:timers/promises';
import { SessionFrame, SessionHeader } from '@drawbridge/contracts';
import type { UnsearchedReason } from '@drawbridge/contracts';
import { z } from 'zod';
import {
  selectNextPiece,
  selectSearchedPieces,
  type SearchedPieceRow,
  type SearchedRecordingRow,
} from '../clickhouse/select-searched.js';
import type { AuditStore } from '../clickhouse/select-page.js';
import { SearchedRecording, type FoundIn } from '../domain/searched-recording.js';
import { MAX_SEARCHED_BYTES } from './searched-body.js';

/** Pieces of one query: 16 KiB each, of one kind of bytes as much as 100. */
const PIECES = 128;

const Frames = z.array(SessionFrame);
const Ending = z.object({ cut: z.string().optional() });

export interface SearchedInRecording {
  readonly found: readonly FoundIn[];
  readonly unsearched?: UnsearchedReason;
  readonly bytes: number;
}

export interface SearchRecordingsOptions {
  readonly store: AuditStore;
  readonly text: string;
  /** Whether nobody waits any longer. */
  readonly isLate: () => boolean;
}

/** Searches recordings, one after the other; short ones are loaded together. */
export class SearchedRecordings {
  readonly #loaded = new Map<string, SearchedPieceRow[]>();

  constructor(private readonly options: SearchRecordingsOptions) {}

  /**
   * @param next - those that are searched behind it
   * @throws AuditQueryError
   */
  async search(
    recording: SearchedRecordingRow,
    next: readonly SearchedRecordingRow[],
  ): Promise<SearchedInRecording> {
    const sought = new SearchedRecording(this.options.text);
    const seen = { pieces: 0, bytes: 0, isCut: false };
    for await (const piece of this.#pieces(recording, next)) {
      if (seen.bytes > MAX_SEARCHED_BYTES || this.options.isLate()) {
        return { ...of(sought), bytes: seen.bytes, unsearched: 'too_long' };
      }
      // Others wait no longer than a piece takes.
      await turn();
      seen.pieces += 1;
      seen.bytes += piece.frames.length;
      seen.isCut ||= isCut(piece);
      addTo(sought, piece);
    }
    const isPart = seen.isCut || seen.pieces < recording.pieces;
    return { ...of(sought), bytes: seen.bytes, ...(isPart && { unsearched: 'not_kept' as const }) };
  }

  async *#pieces(
    recording: SearchedRecordingRow,
    next: readonly SearchedRecordingRow[],
  ): AsyncGenerator<SearchedPieceRow> {
    const loaded = this.#loaded.get(recording.command_id);
    if (loaded !== undefined) {
      this.#loaded.delete(recording.command_id);
      yield* loaded;
    } else if (recording.pieces <= PIECES) {
      yield* await this.#together(recording, next);
    } else {
      yield* this.#piecesOfLong(recording);
    }
  }

  /** What is missing is passed over in one step: a number says nothing of how many there are. */
  async *#piecesOfLong(recording: SearchedRecordingRow): AsyncGenerator<SearchedPieceRow> {
    const { store } = this.options;
    for (let from = 0; from < recording.pieces;) {
      const range = { from, count: PIECES };
      const pieces = await selectSearchedPieces(store, [recording], range);
      yield* pieces;
      const next = pieces.length > 0 ? 0 : await selectNextPiece(store, recording, from);
      from = Math.max(from + PIECES, next);
    }
  }

  async #together(
    recording: SearchedRecordingRow,
    next: readonly SearchedRecordingRow[],
  ): Promise<SearchedPieceRow[]> {
    let pieces = recording.pieces;
    const fitting = next.findIndex((other) => (pieces += other.pieces) > PIECES);
    const others = next.slice(0, fitting === -1 ? next.length : fitting);
    const range = { from: 0, count: PIECES };
    const rows = await selectSearchedPieces(this.options.store, [recording, ...others], range);
    const byCommand = Map.groupBy(rows, ({ command_id }) => command_id);
    for (const { command_id } of others)
      this.#loaded.set(command_id, byCommand.get(command_id) ?? []);
    return byCommand.get(recording.command_id) ?? [];
  }
}

const isCut = ({ ending }: SearchedPieceRow): boolean =>
  ending !== '' && Ending.parse(JSON.parse(ending)).cut !== undefined;

function addTo(sought: SearchedRecording, { header, frames }: SearchedPieceRow): void {
  if (header !== '') sought.argv(SessionHeader.parse(JSON.parse(header)).argv ?? []);
  for (const frame of Frames.parse(JSON.parse(frames))) sought.add(frame);
}

const of = (sought: SearchedRecording) => ({ found: sought.finish() });
