import type {
  RecordingPage,
  RecordingPiece,
  RecordingView,
  ViewedHow,
} from '@drawbridge/contracts';
import { principalId } from '@drawbridge/contracts';
import { AppError, type Clock } from '@drawbridge/kernel';
import { CastWriter } from '@drawbridge/replay';
import { setTimeout as wait } from 'node:timers/promises';
import { AuditQueryError } from '../clickhouse/audit-query-error.js';
import {
  selectPieces,
  selectRecordedCommand,
  selectRecording,
  type RecordedCommand,
} from '../clickhouse/select-recording.js';
import type { AuditStore } from '../clickhouse/select-page.js';
import type { NoteView } from '../nats/note-view.js';
import type { QuerySlots } from './query-slots.js';
import type { Reader } from './require-reader.js';

/** `recording_unknown`: nothing is recorded of this command, or not yet, or nothing that the caller may see. */
export class RecordingUnknown extends AppError<'recording_unknown'> {}

/** A piece has 16 KiB, of one kind of bytes as much as 100. */
const PAGE = 32;
/** Who follows a recording asks as often as this, for so long at most. */
const POLL_MS = 500;
const SILENT_MS = 15_000;
const MAX_FOLLOW_MS = 3_600_000;
const MAX_FOLLOWERS = 20;
/** Of them; auditors must be able to follow whatever owners do. */
const MAX_OF_OWNERS = 10;
/** How long a piece may be on its way behind one that was made later. */
const LATE_MS = 10_000;
/** A view is noted once in this time, however many pages it takes. */
const NOTED_MS = 600_000;
const MAX_NOTED = 10_000;

export interface RecordingsOptions {
  readonly store: AuditStore;
  readonly slots: QuerySlots;
  readonly note: NoteView;
  readonly clock: Clock;
  /** @default 500 */
  readonly pollMs?: number;
}

/** What was recorded of sessions, logs and watches, for those who may see it. Who sees it is noted first. */
export class Recordings {
  readonly #noted = new Map<string, number>();
  #followers = 0;
  #ofOwners = 0;

  constructor(private readonly options: RecordingsOptions) {}

  /** @throws RecordingUnknown, AuditQueryError */
  async about(commandId: string, reader: Reader): Promise<RecordingView> {
    const command = await this.#command(commandId, reader);
    const recording = await this.#ask(reader, () => selectRecording(this.options.store, commandId));
    if (recording === undefined) throw unknown(commandId);
    const { grant_id: grantId } = command;
    return { ...recording, ...(grantId !== null && { grantId }) };
  }

  /** @throws RecordingUnknown, AuditQueryError, EventStoreError */
  async pieces(commandId: string, from: number, reader: Reader): Promise<RecordingPage> {
    await this.#noteView(commandId, reader, 'cast');
    return this.#page(commandId, from, reader);
  }

  /**
   * As asciicast, line by line.
   *
   * @throws RecordingUnknown, AuditQueryError, EventStoreError before the first line
   */
  async cast(
    commandId: string,
    version: 2 | 3,
    reader: Reader,
  ): Promise<AsyncGenerator<string, void>> {
    const recording = await this.about(commandId, reader);
    await this.#noteView(commandId, reader, 'cast');
    return this.#cast(recording, version, reader);
  }

  /**
   * What there is of a recording, and what comes, as server-sent events: `piece` with its number as id, `end` behind
   * the last one.
   *
   * @throws RecordingUnknown, AuditQueryError, EventStoreError before the first event
   */
  async follow(
    commandId: string,
    from: number,
    reader: Reader,
  ): Promise<AsyncGenerator<string, void>> {
    this.#requirePlace(reader);
    await this.#noteView(commandId, reader, 'follow');
    return this.#follow(commandId, from, reader);
  }

  async *#cast(
    { commandId, header, startedAt, connection }: RecordingView,
    version: 2 | 3,
    reader: Reader,
  ): AsyncGenerator<string, void> {
    const cast = new CastWriter({ header, startedAt, version, title: connection });
    for (let from: number | undefined = 0; from !== undefined;) {
      const page: RecordingPage = await this.#page(commandId, from, reader);
      const frames = page.pieces.flatMap((piece) => piece.frames);
      const head = from === 0 ? cast.head(frames) : '';
      yield head + frames.map((frame) => cast.event(frame)).join('');
      // What runs still ends here.
      from = page.pieces.length < PAGE ? undefined : page.next;
    }
  }

  async *#follow(commandId: string, first: number, reader: Reader): AsyncGenerator<string, void> {
    const { clock, pollMs = POLL_MS } = this.options;
    const until = clock().getTime() + MAX_FOLLOW_MS;
    let saidAt = clock().getTime();
    // Others may have begun while the view was noted.
    this.#requirePlace(reader);
    const ofOwner = Number(reader.isOwner);
    this.#followers += 1;
    this.#ofOwners += ofOwner;
    try {
      for (let from: number | undefined = first; clock().getTime() < until;) {
        const page: RecordingPage = await this.#page(commandId, from, reader);
        if (page.pieces.length > 0) saidAt = clock().getTime();
        yield page.pieces.map(eventOf).join('');
        from = page.next;
        if (from === undefined) {
          yield 'event: end\ndata: {}\n\n';
          return;
        }
        if (page.pieces.length === PAGE) continue;
        await wait(pollMs);
        if (clock().getTime() - saidAt < SILENT_MS) continue;
        saidAt = clock().getTime();
        yield ': nothing new\n\n';
      }
    } finally {
      this.#followers -= 1;
      this.#ofOwners -= ofOwner;
    }
  }

  #requirePlace({ isOwner }: Reader): void {
    const most = isOwner ? MAX_OF_OWNERS : MAX_FOLLOWERS;
    if (this.#followers < MAX_FOLLOWERS && (!isOwner || this.#ofOwners < most)) return;
    throw new AuditQueryError('audit_busy', `${most} recordings are followed already`);
  }

  async #page(commandId: string, from: number, reader: Reader): Promise<RecordingPage> {
    const { store, clock } = this.options;
    const range = { from, limit: PAGE };
    const found = await this.#ask(reader, () => selectPieces(store, commandId, range));
    const pieces = inOrder(found, from, clock().getTime());
    const last = pieces.at(-1);
    if (last?.last === true) return { pieces };
    return { pieces, next: (last?.index ?? from - 1) + 1 };
  }

  /** Who may not see the command is told no more than who asks for none. */
  async #command(commandId: string, reader: Reader): Promise<RecordedCommand> {
    const { store } = this.options;
    const command = await this.#ask(reader, () =>
      selectRecordedCommand(store, commandId, reader.access),
    );
    if (command === undefined) throw unknown(commandId);
    return command;
  }

  async #noteView(commandId: string, reader: Reader, how: ViewedHow): Promise<void> {
    const { note, clock } = this.options;
    const command = await this.#command(commandId, reader);
    const key = `${how} ${commandId.toLowerCase()} ${principalId(reader.principal)}`;
    const now = clock().getTime();
    if ((this.#noted.get(key) ?? -Infinity) > now - NOTED_MS) return;
    const { connection, grant_id: grantId } = command;
    await note({
      commandId: commandId.toLowerCase(),
      connection,
      ...(grantId !== null && { grantId }),
      viewer: reader.principal,
      how,
    });
    if (this.#noted.size >= MAX_NOTED) this.#noted.clear();
    this.#noted.set(key, now);
  }

  #ask<Result>({ isOwner }: Reader, work: () => Promise<Result>): Promise<Result> {
    return this.options.slots.during(isOwner, work);
  }
}

/** Pieces may be stored in another order than they were made: one that is late is waited for, but not for ever. */
function inOrder(pieces: readonly RecordingPiece[], from: number, now: number): RecordingPiece[] {
  const gap = pieces.findIndex(
    ({ index, at }, place) => index !== from + place && now - Date.parse(at) < LATE_MS,
  );
  return pieces.slice(0, gap === -1 ? pieces.length : gap);
}

const eventOf = (piece: RecordingPiece): string =>
  `id: ${piece.index}\nevent: piece\ndata: ${JSON.stringify(piece)}\n\n`;

const unknown = (commandId: string): RecordingUnknown =>
  new RecordingUnknown('recording_unknown', `nothing is recorded of command ${commandId}`);
