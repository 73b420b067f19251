import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { ClickHouseClientConfigOptions } from '@clickhouse/client';
import type { ClickHouseEngine, EngineAnswer } from './clickhouse-engine.js';
import type { EngineRequest } from './engine-protocol.js';

/** The hook of `@clickhouse/client` behind which a client may talk to something other than a server. */
export type ClickHouseConnection = NonNullable<ClickHouseClientConfigOptions['connection']>;
type QueryParameters = Parameters<ClickHouseConnection['query']>[0];

/**
 * Lets a `@clickhouse/client` talk to an engine. Closing it leaves the engine open for other clients. An
 * aborted query is ended, and rejects when it has; anything else that is aborted rejects at once and is finished.
 */
export function engineConnection(engine: ClickHouseEngine): ClickHouseConnection {
  const ask = askerOf(engine);
  return {
    query: (parameters) => ask('query', parameters),
    exec: async (parameters) =>
      parameters.values === undefined
        ? ask('exec', parameters)
        : ask('insert', parameters, await text(parameters.values)),
    command: (parameters) => ask('command', parameters),
    insert: async (parameters) =>
      ask(
        'insert',
        parameters,
        typeof parameters.values === 'string'
          ? parameters.values
          : await bytesOf(parameters.values),
      ),
    ping: async () => {
      try {
        await ask('query', { query: 'SELECT 1' });
        return { success: true };
      } catch (error) {
        return { success: false, error: error instanceof Error ? error : new Error(String(error)) };
      }
    },
    close: () => Promise.resolve(),
  };
}

const askerOf =
  (engine: ClickHouseEngine) =>
  async (
    operation: EngineRequest['operation'],
    parameters: QueryParameters,
    values?: string | Uint8Array,
  ) => {
    parameters.abort_signal?.throwIfAborted();
    const signal = parameters.abort_signal;
    const isRead = operation === 'query' || operation === 'exec';
    const answer = engine.ask(
      {
        operation,
        query: parameters.query,
        settings: plainSettings(parameters.clickhouse_settings ?? {}),
        parameters: parameters.query_params ?? {},
        ...(values === undefined ? {} : { values }),
      },
      isRead ? signal : undefined,
    );
    const { body, writtenRows } = await (isRead
      ? untilEnded(answer, signal)
      : unlessAborted(answer, signal));
    return {
      query_id: parameters.query_id ?? randomUUID(),
      response_headers: {},
      http_status_code: 200,
      stream: readableOf(body),
      summary: summaryOf(writtenRows),
    };
  };

/** Of a stream that is all bytes already no copy is made. */
async function bytesOf(stream: Readable): Promise<Uint8Array> {
  const chunks = (await stream.toArray()) as Uint8Array[];
  const [first = new Uint8Array(), ...others] = chunks;
  return others.length === 0 ? first : Buffer.concat(chunks);
}

function readableOf(body: Uint8Array): Readable {
  const stream = Readable.from(body.byteLength === 0 ? [] : [Buffer.from(body)], {
    objectMode: false,
  });
  // The client destroys a result it does not read with an error; nobody listens for it then.
  stream.on('error', () => undefined);
  return stream;
}

function plainSettings(settings: object): Record<string, string | number | boolean> {
  const entries = Object.entries(settings).flatMap(([name, value]: [string, unknown]) =>
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? [[name, value] as const]
      : [],
  );
  return Object.fromEntries(entries);
}

async function untilEnded(
  answer: Promise<EngineAnswer>,
  signal: AbortSignal | undefined,
): Promise<EngineAnswer> {
  try {
    return await answer;
  } catch (error) {
    throw signal?.aborted === true ? aborted(signal) : error;
  }
}

const aborted = ({ reason }: AbortSignal): Error =>
  new Error('the request was aborted', { cause: reason });

async function unlessAborted(
  answer: Promise<EngineAnswer>,
  signal: AbortSignal | undefined,
): Promise<EngineAnswer> {
  if (signal === undefined) return await answer;
  const ended = Promise.withResolvers<never>();
  const abort = () => {
    ended.reject(aborted(signal));
  };
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([answer, ended.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
    answer.catch(() => undefined);
  }
}

const summaryOf = (writtenRows: string) => ({
  read_rows: '0',
  read_bytes: '0',
  written_rows: writtenRows,
  written_bytes: '0',
  result_rows: '0',
  result_bytes: '0',
  total_rows_to_read: '0',
  elapsed_ns: '0',
});
