import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { readOtlp, type OtlpLog } from './read-otlp.js';

/** A collector that decodes strictly and remembers what it took. */
export interface OtlpReceiver {
  readonly url: string;
  readonly logs: OtlpLog[];
  readonly headers: IncomingHttpHeaders[];
  /** What it answers to a request instead of taking it; `undefined` takes it. */
  answer: (logs: readonly OtlpLog[]) => Answer | undefined;
  close(): Promise<void>;
}

export interface Answer {
  /** `taken`: it takes the records all the same. */
  readonly taken?: boolean;
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const take = async (request: IncomingMessage): Promise<Answer> => {
    const { headers, method, url } = request;
    const bytes = await buffer(request);
    if (method !== 'POST' || url !== '/v1/logs') return { status: 404 };
    if (headers['content-type'] !== 'application/json') return { status: 415 };
    const text = headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
    const logs = readOtlp(text.toString('utf8'));
    const answer = receiver.answer(logs);
    receiver.headers.push(headers);
    if (answer === undefined || answer.taken === true) receiver.logs.push(...logs);
    return answer ?? { status: 200 };
  };
  const server = createServer((request, response) => {
    take(request)
      .catch((): Answer => ({ status: 400 }))
      .then(({ status, body = '{}', headers = {} }) => {
        response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
      })
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver: OtlpReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/logs`,
    logs: [],
    headers: [],
    answer: () => undefined,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return receiver;
}
