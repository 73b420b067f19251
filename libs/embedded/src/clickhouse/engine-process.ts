/**
 * The process that holds the in-process ClickHouse engine; started by `clickhouse-engine.ts`.
 *
 * The engine stalls the event loop of its process, allows one process per data directory and one directory
 * per process, so it never lives inside a service. This file runs as it stands, also as TypeScript source:
 * it imports no file of ours at run time.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import {
  createChdbConnection,
  type ChdbConnection,
  type ConnBaseQueryParams,
} from 'chdb/connection';
import type {
  EngineFailure,
  EngineMessage,
  EngineReply,
  EngineRequest,
} from './engine-protocol.js';

const EXIT_GRACE_MS = 5_000;
const KILL_AGAIN_MS = 100;
const directory = process.argv[2] ?? '';

/** Held open for the life of the process, so that the directory stays ours between requests. */
let anchor: ChdbConnection | undefined;

/**
 * Reads and writes wait for their own kind only, so that a slow query does not hold up the record. Within a
 * kind they run one by one: the engine binds parameters per process, not per connection.
 */
const lanes = { read: Promise.resolve(), write: Promise.resolve() };
const bulk = new Set<Promise<void>>();

/** Queries that run, by id, with the word that stands in front of their text; those that wait, and of them the unwanted. */
const running = new Map<number, string>();
const waiting = new Set<number>();
const unwanted = new Set<number>();

function reply(message: EngineReply): void {
  process.send?.(message);
}

/** The engine's binding brings its own copy of the client's error class, so it is told by its fields. */
function failureOf(error: unknown): EngineFailure {
  if (!(error instanceof Error)) return { message: String(error) };
  const { message } = error;
  if (!('code' in error && 'type' in error)) return { message };
  return { message, code: String(error.code), type: String(error.type) };
}

/** A connection of its own for each request: settings of one would otherwise stay in force for the next. */
async function run(request: EngineRequest): Promise<void> {
  const { id } = request;
  if (unwanted.delete(id)) {
    reply({ event: 'failed', id, failure: { message: 'the query was aborted' } });
    return;
  }
  const connection = createChdbConnection({ path: directory });
  try {
    reply({ event: 'done', id, ...(await perform(connection, request)) });
  } catch (error) {
    reply({ event: 'failed', id, failure: failureOf(error) });
  } finally {
    running.delete(id);
    await connection.close();
  }
}

const isRead = ({ operation }: EngineRequest): boolean =>
  operation === 'query' || operation === 'exec';

/**
 * The engine has no ids of queries, so one is found by a word in its text. It is asked for until it has ended, since
 * what has only just begun is not found yet.
 */
async function abort(id: number): Promise<void> {
  const word = running.get(id);
  while (word !== undefined && running.get(id) === word) {
    await kill(word);
    await wait(KILL_AGAIN_MS);
  }
}

async function kill(word: string): Promise<void> {
  const connection = createChdbConnection({ path: directory });
  try {
    await connection.command({ query: `KILL QUERY WHERE startsWith(query, '/*${word}*/') ASYNC` });
  } catch {
    // It ends by itself, or at its `max_execution_time`.
  } finally {
    await connection.close();
  }
}

async function perform(
  connection: ChdbConnection,
  request: EngineRequest,
): Promise<{ body?: Uint8Array; writtenRows: string }> {
  const parameters: ConnBaseQueryParams = {
    query: request.query,
    clickhouse_settings: { ...request.settings },
    query_params: { ...request.parameters },
  };
  switch (request.operation) {
    case 'query':
    case 'exec': {
      const word = randomUUID();
      running.set(request.id, word);
      const query = `/*${word}*/ ${request.query}`;
      const { stream } = await connection[request.operation]({ ...parameters, query });
      return { body: await buffer(stream), writtenRows: '0' };
    }
    case 'command':
      await connection.command(parameters);
      return { writtenRows: '0' };
    case 'insert': {
      const { values = '' } = request;
      if (typeof values !== 'string') {
        const bytes = await readAtOnce(values.file);
        return { writtenRows: await insertBytes(connection, request, bytes) };
      }
      const { summary } = await connection.insert({ ...parameters, values });
      return { writtenRows: summary?.written_rows ?? '0' };
    }
  }
}

async function readAtOnce(file: string): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const { buffer: bytes, bytesRead } = await handle.read(Buffer.allocUnsafeSlow(size), 0, size);
    if (bytesRead < size) throw new Error(`${bytesRead} of ${size} bytes of an insert were read`);
    return bytes;
  } finally {
    await handle.close();
  }
}

/** As the client writes it: `INSERT INTO <table> (<columns>) FORMAT TabSeparated`. */
const INSERT = /^INSERT INTO (\S+) \(([^)]+)\)\s+FORMAT TabSeparated\s*$/;
/** Known to servers only. */
const SERVER_SETTINGS = ['wait_end_of_query', 'async_insert'];

/** Bytes go to the engine's parser without a string being made of them. They have no parameters. */
async function insertBytes(
  connection: ChdbConnection,
  request: EngineRequest,
  values: Buffer,
): Promise<string> {
  const [, table = '', columns = ''] = INSERT.exec(request.query) ?? [];
  if (table === '')
    throw new Error('bytes are inserted as tab separated text of named columns only');
  const settings = Object.entries(request.settings ?? {}).filter(
    ([name]) => !SERVER_SETTINGS.includes(name),
  );
  try {
    const { rowsWritten } = await connection.chdb.rawInsert({
      table,
      columns: columns.split(',').map((column) => column.trim()),
      values,
      format: 'TabSeparated',
      settings: Object.fromEntries(settings),
    });
    return String(rowsWritten);
  } catch (error) {
    throw errorOf(error);
  }
}

/** The binding tells what a server does, but elsewhere. */
function errorOf(error: unknown): unknown {
  const [, code = '', type = ''] =
    /Code: (\d+)\. DB::Exception: .*\(([A-Z_]+)\)/s.exec(String(error)) ?? [];
  return code === '' ? error : Object.assign(new Error(String(error)), { code, type });
}

async function close(): Promise<void> {
  setTimeout(() => process.exit(1), EXIT_GRACE_MS).unref();
  await Promise.all([lanes.read, lanes.write, ...bulk]);
  await anchor?.close();
  process.exit(0);
}

process.on('message', (message: EngineMessage) => {
  if ('close' in message) {
    void close();
    return;
  }
  if ('abort' in message) {
    if (running.has(message.abort)) void abort(message.abort);
    else if (waiting.has(message.abort)) unwanted.add(message.abort);
    return;
  }
  if (message.operation === 'insert' && typeof message.values === 'object') {
    // Without parameters it need not wait for its kind; who sends it bounds how many there are.
    const done = run(message).finally(() => bulk.delete(done));
    bulk.add(done);
    return;
  }
  if (!isRead(message)) {
    lanes.write = lanes.write.then(() => run(message));
    return;
  }
  waiting.add(message.id);
  lanes.read = lanes.read.then(() => {
    waiting.delete(message.id);
    return run(message);
  });
});
// The service that owns the engine has died: nobody can ask any more, and the directory must become free.
process.on('disconnect', () => process.exit(0));
// The rest of an exit would take the engine down under its own threads and wait forever for those that were at work, and
// nobody could open the directory again. What was acknowledged is on disk.
process.on('exit', () => process.kill(process.pid, 'SIGKILL'));
// A terminal sends Ctrl-C to the whole group; the owner closes the engine when it has drained.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);

try {
  anchor = createChdbConnection({ path: directory });
  await anchor.command({ query: 'SELECT 1' });
  // Bodies of inserts; what one that died has left is removed by whoever has the directory open.
  const inserts = join(directory, 'inserts');
  await rm(inserts, { recursive: true, force: true });
  await mkdir(inserts, { mode: 0o700 });
  reply({ event: 'opened' });
} catch (error) {
  reply({ event: 'refused', failure: failureOf(error) });
}
