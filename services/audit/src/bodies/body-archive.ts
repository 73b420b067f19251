import { createHash } from 'node:crypto';
import type { LoggerService } from '@nestjs/common';
import type { AuditBodies, AuditBody, BodyDirection } from '@drawbridge/contracts';
import { BodyDirection as BodyDirectionSchema } from '@drawbridge/contracts';
import { AppError } from '@drawbridge/kernel';
import { ObjectStoreError, type ObjectStore } from '@drawbridge/object-store';
import { selectBodies } from '../clickhouse/select-bodies.js';
import { selectCommandPlace, type CommandPlace } from '../clickhouse/select-command-place.js';
import type { AuditStore } from '../clickhouse/select-page.js';
import type { BodyColumns } from '../domain/body-row.js';
import type { QuerySlots } from '../http/query-slots.js';
import type { Reader } from '../http/require-reader.js';
import type { NoteView } from '../nats/note-view.js';

/**
 * `command_unknown`: the record has no such command, or not yet, or not for this caller. `body_unknown`: the command has
 * no such body, or none was kept.
 */
export class BodyRefused extends AppError<'command_unknown' | 'body_unknown'> {}

export interface BodyArchiveOptions {
  readonly store: AuditStore;
  readonly slots: QuerySlots;
  readonly noteView: NoteView;
  readonly logger: Pick<LoggerService, 'error'>;
  /** Where long bodies are. @default nowhere */
  readonly objects: Pick<ObjectStore, 'get'> | undefined;
}

/** A body to be shown, as it was stored. */
export interface OpenedBody {
  readonly body: AuditBody;
  /** Every piece is what was put there; ends with an error otherwise. */
  readonly pieces: AsyncGenerator<Buffer>;
}

/** The bodies of commands, out of the record and the object store. */
export class BodyArchive {
  constructor(private readonly options: BodyArchiveOptions) {}

  /** What there is of a command. @throws BodyRefused, AuditQueryError */
  async list(commandId: string, { access, isOwner }: Reader): Promise<AuditBodies> {
    const { store, slots } = this.options;
    const rows = await slots.during(isOwner, async () => {
      await this.#require(commandId, access);
      return selectBodies(store, [commandId]);
    });
    return { items: rows.map(bodyOf) };
  }

  /**
   * Opens one of them. That it is shown is on the record first.
   *
   * @throws BodyRefused, AuditQueryError, EventStoreError
   */
  async open(commandId: string, direction: BodyDirection, reader: Reader): Promise<OpenedBody> {
    const { store, slots, noteView } = this.options;
    const { place, row } = await slots.during(reader.isOwner, async () => {
      const found = await this.#require(commandId, reader.access);
      const rows = await selectBodies(store, [commandId]);
      return { place: found, row: rows.find((each) => each.direction === direction) };
    });
    if (row === undefined) {
      const text = `of command ${commandId} no ${direction} body is kept`;
      throw new BodyRefused('body_unknown', text);
    }
    await noteView({ ...place, viewer: reader.principal, how: 'body' });
    return { body: bodyOf(row), pieces: this.#watched(row) };
  }

  async #require(commandId: string, access: Reader['access']): Promise<CommandPlace> {
    const place = await selectCommandPlace(this.options.store, commandId, access);
    if (place !== undefined) return place;
    throw new BodyRefused('command_unknown', `the record has no command ${commandId}`);
  }

  /** Who reads it is told by a broken connection only. */
  async *#watched(row: BodyColumns): AsyncGenerator<Buffer> {
    try {
      yield* this.#pieces(row);
    } catch (err) {
      const { command_id: commandId, direction } = row;
      this.options.logger.error({ msg: 'a body cannot be shown', commandId, direction, err });
      throw err;
    }
  }

  /** What is not cut has the hash that the record says; that of what is, nobody can take again. */
  async *#pieces(row: BodyColumns): AsyncGenerator<Buffer> {
    const hash = createHash('sha256');
    let held: Buffer | undefined;
    for await (const piece of this.#stored(row)) {
      if (held !== undefined) yield held;
      hash.update(piece);
      held = piece;
    }
    if (row.cut === '' && hash.digest('hex') !== row.sha256) {
      throw new ObjectStoreError('object_damaged', 'the body is not what was recorded');
    }
    if (held !== undefined) yield held;
  }

  async *#stored(row: BodyColumns): AsyncGenerator<Buffer> {
    if (row.objects.length === 0) {
      yield Buffer.from(row.content, row.encoding === 'base64' ? 'base64' : 'utf8');
      return;
    }
    const { objects } = this.options;
    if (objects === undefined) {
      throw new ObjectStoreError('object_store_unavailable', 'audit has no object store of bodies');
    }
    for (const { sha256 } of row.objects) yield await objects.get(sha256);
  }
}

function bodyOf(row: BodyColumns): AuditBody {
  return {
    commandId: row.command_id,
    direction: BodyDirectionSchema.parse(row.direction),
    connection: row.connection,
    at: row.at,
    contentType: row.content_type,
    ...(row.content_encoding !== '' && { contentEncoding: row.content_encoding }),
    bytes: row.bytes,
    sha256: row.sha256,
    stored: row.objects.length === 0 ? 'record' : 'objects',
    ...(row.cut !== '' && { cut: row.cut }),
    ...(row.kept !== null && { kept: row.kept }),
  };
}
