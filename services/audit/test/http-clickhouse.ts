import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { ClickHouseError, type ClickHouseClient } from '@clickhouse/client';

/** A request that came over HTTP. */
export interface SeenRequest {
  readonly query: string;
  readonly bytes: number;
}

export interface HttpClickHouse {
  readonly url: string;
  readonly seen: readonly SeenRequest[];
  /** How many of the next requests are cut off after the engine has done them, before they are answered. */
  breakAfter(requests: number): void;
  close(): Promise<void>;
}

/** What of a request is no setting of its query. */
const ASIDE = new Set(['query', 'query_id', 'database', 'session_id', 'default_format']);

/**
 * The HTTP interface of a ClickHouse server, as far as the client uses it, with a real engine behind it: the query in
 * the URL and its rows in the body, or the query in the body; settings and parameters in the URL.
 */
export async function startHttpClickHouse(engine: ClickHouseClient): Promise<HttpClickHouse> {
  const seen: SeenRequest[] = [];
  let broken = 0;
  const server = createServer((request, response) => {
    void answer(engine, request, seen).then(
      (text) => {
        if (broken > 0 && seen.at(-1)?.query.startsWith('INSERT') === true) {
          broken -= 1;
          request.socket.destroy();
        } else response.end(text);
      },
      (error: unknown) => refuse(response, error),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    breakAfter: (requests) => (broken = requests),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function answer(
  engine: ClickHouseClient,
  request: IncomingMessage,
  seen: SeenRequest[],
): Promise<Buffer> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://clickhouse.test');
  const body = await buffer(request);
  if (pathname === '/ping') return Buffer.from('Ok.\n');
  const inUrl = searchParams.get('query');
  const query = inUrl ?? body.toString();
  seen.push({ query: query.trimStart(), bytes: body.length });
  const entries = [...searchParams];
  const { stream } = await engine.exec({
    query,
    ...(inUrl === null ? {} : { values: Readable.from([body], { objectMode: false }) }),
    query_params: Object.fromEntries(
      entries.flatMap(([name, value]) =>
        name.startsWith('param_') ? [[name.slice('param_'.length), value]] : [],
      ),
    ),
    clickhouse_settings: Object.fromEntries(
      entries.filter(([name]) => !ASIDE.has(name) && !name.startsWith('param_')),
    ),
  });
  return buffer(stream);
}

function refuse(response: ServerResponse, error: unknown): void {
  const [code, type] = error instanceof ClickHouseError ? [error.code, error.type] : ['1002', ''];
  const message = error instanceof Error ? error.message : String(error);
  response.writeHead(500, { 'x-clickhouse-exception-code': code });
  response.end(`Code: ${code}. DB::Exception: ${message}. (${type ?? 'UNKNOWN'})\n`);
}
