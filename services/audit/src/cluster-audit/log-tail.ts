import type { Stats } from 'node:fs';
import { open, readdir, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { LoggerService } from '@nestjs/common';
import type { LogPosition, LogPositions } from '../clickhouse/log-positions.js';
import { LogLines } from './log-lines.js';

const LOOK_MS = 500;
const MAX_PAUSE_MS = 10_000;
const PIECE_BYTES = 1024 * 1024;

export interface LogTailOptions {
  readonly connection: string;
  readonly file: string;
  readonly positions: Pick<LogPositions, 'of' | 'note'>;
  readonly logger: LoggerService;
  /** Resolves when what came of these lines is stored; the same ones may come again. `undefined`: one too long. */
  readonly take: (lines: readonly (Buffer | undefined)[]) => Promise<void>;
  /** Something may have stood in the log that is there no more, and was not read. */
  readonly onGap: () => Promise<void>;
}

interface OpenFile {
  readonly id: string;
  readonly handle: FileHandle;
  /** Where the first byte is that no line came of. */
  offset: number;
}

/**
 * Reads the log of an API server as it grows, through rotation, and after a restart from where it was. A log that was
 * there before it was read for the first time is read from its end: what was done before is not on the record either.
 */
export class LogTail {
  readonly #lines = new LogLines();
  readonly #closing = new AbortController();
  #current: OpenFile | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(private readonly options: LogTailOptions) {}

  start(): void {
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let failures = 0; !this.#closing.signal.aborted;) {
      try {
        const read = await this.#read();
        failures = 0;
        if (read === 0) await this.#wait(LOOK_MS);
      } catch (err) {
        failures += 1;
        await this.#fail(err, failures);
      }
    }
    await this.#leave();
  }

  /** From the position that was noted last: what came behind it comes again. */
  async #fail(err: unknown, failures: number): Promise<void> {
    const { connection, file, logger } = this.options;
    logger.error({ msg: 'log of a cluster not read', connection, file, err });
    await this.#leave();
    await this.#wait(Math.min(LOOK_MS * 2 ** failures, MAX_PAUSE_MS));
  }

  async #read(): Promise<number> {
    const current = (this.#current ??= await this.#open());
    if (current === undefined) return 0;
    const piece = Buffer.allocUnsafe(PIECE_BYTES);
    const from = current.offset + this.#lines.restBytes;
    const { bytesRead } = await current.handle.read(piece, 0, PIECE_BYTES, from);
    if (bytesRead === 0) return this.#atEnd(current, from);
    const lines = this.#lines.push(piece.subarray(0, bytesRead));
    if (lines.length > 0) await this.options.take(lines);
    const offset = from + bytesRead - this.#lines.restBytes;
    if (offset > current.offset) await this.#note(current, offset);
    return bytesRead;
  }

  async #note(current: OpenFile, offset: number): Promise<void> {
    const { connection, positions } = this.options;
    await positions.note(connection, { file: current.id, offset });
    current.offset = offset;
  }

  /** Nothing more came: because there is nothing, or because the log goes on elsewhere. */
  async #atEnd(current: OpenFile, offset: number): Promise<number> {
    const { size } = await current.handle.stat();
    if (size < offset) {
      // Emptied in its place: what came between the last look and that is gone.
      await this.options.onGap();
      this.#lines.drop();
      await this.#note(current, 0);
      return 1;
    }
    const next = await this.#nextOf(current.id);
    // Once more to the end: it may have grown before it was left.
    if (next === undefined || size > offset) return 0;
    if (this.#lines.drop()) await this.options.take([undefined]);
    await current.handle.close();
    this.#current = await openFile(next, 0);
    await this.#note(this.#current, 0);
    return 1;
  }

  async #open(): Promise<OpenFile | undefined> {
    const { connection, file, positions } = this.options;
    const known = await positions.of(connection);
    if (known === undefined) return this.#openFirst();
    const found = (await this.#files()).find(({ id }) => id === known.file);
    if (found !== undefined) return this.#openAt(found.path, known);
    const { id } = (await identify(file)) ?? {};
    if (id === undefined) return undefined;
    if (known.file !== '') await this.options.onGap();
    return openFile(file, 0);
  }

  async #openAt(path: string, known: LogPosition): Promise<OpenFile> {
    const opened = await openFile(path, known.offset);
    const { size } = await opened.handle.stat();
    if (size < known.offset) {
      await this.options.onGap();
      opened.offset = 0;
    }
    return opened;
  }

  /** @returns `undefined` while there is none; then it will be read from its beginning */
  async #openFirst(): Promise<OpenFile | undefined> {
    const { connection, file, positions } = this.options;
    const found = await identify(file);
    if (found === undefined) {
      await positions.note(connection, { file: '', offset: 0 });
      return undefined;
    }
    const opened = await openFile(file, found.size);
    await this.#note(opened, found.size);
    return opened;
  }

  /** The file behind one: the oldest of those that were written to later. */
  async #nextOf(id: string): Promise<string | undefined> {
    const files = await this.#files();
    const index = files.findIndex((each) => each.id === id);
    if (index !== -1) return files[index + 1]?.path;
    // It is gone, and what was written between then and now with it.
    const path = (await identify(this.options.file))?.path;
    if (path !== undefined) await this.options.onGap();
    return path;
  }

  /** The log and what it was called before: `audit.log`, `audit-2026-11-22T10-00-00.000.log`, oldest first. */
  async #files(): Promise<readonly LogFile[]> {
    const { file } = this.options;
    const [folder, extension] = [dirname(file), extname(file)];
    const stem = basename(file, extension);
    const names = (await readdir(folder)).filter(
      (name) => name.startsWith(`${stem}-`) && name.endsWith(extension),
    );
    const old = await Promise.all(names.map((name) => identify(join(folder, name))));
    const rotated = old.filter((each) => each !== undefined);
    const current = await identify(file);
    rotated.sort((one, other) => one.writtenMs - other.writtenMs);
    return [...rotated, ...(current === undefined ? [] : [current])];
  }

  async #leave(): Promise<void> {
    this.#lines.drop();
    const { handle } = this.#current ?? {};
    this.#current = undefined;
    await handle?.close().catch(() => undefined);
  }

  async #wait(ms: number): Promise<void> {
    await wait(ms, undefined, { signal: this.#closing.signal }).catch(() => undefined);
  }
}

interface LogFile {
  readonly path: string;
  /** Stays when it is renamed. */
  readonly id: string;
  readonly size: number;
  readonly writtenMs: number;
}

async function identify(path: string): Promise<LogFile | undefined> {
  try {
    const stats = await stat(path);
    return { path, id: idOf(stats), size: stats.size, writtenMs: stats.mtimeMs };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function openFile(path: string, offset: number): Promise<OpenFile> {
  const handle = await open(path, 'r');
  return { id: idOf(await handle.stat()), handle, offset };
}

/** The number of a deleted file is soon that of another one, which would be read from where the first one was left. */
const idOf = ({ dev, ino, birthtimeMs }: Stats): string =>
  `${dev}:${ino}:${Math.trunc(birthtimeMs)}`;
