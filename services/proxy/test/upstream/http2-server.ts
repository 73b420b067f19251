import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import {
  createSecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { createServer } from 'node:https';
import type { TLSSocket } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { createCertificateAuthority } from '@drawbridge/embedded';

/** One call as it came. */
export interface ArrivedCall {
  readonly protocol: 'h2' | 'http/1.1';
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Answers with a short body. */
  answer(body?: string): void;
  /** With HTTP/2: the stream itself. */
  readonly stream: ServerHttp2Stream | undefined;
}

/** Node's own server of both protocols, as an API server offers them on one port. */
export interface Http2Server {
  readonly port: number;
  readonly certificateAuthority: string;
  readonly calls: ArrivedCall[];
  readonly sessions: ServerHttp2Session[];
  /** What becomes of each call from now on. */
  script(run: (call: ArrivedCall) => void): void;
  close(): Promise<void>;
}

export async function startHttp2Server(
  options: { readonly maxConcurrentStreams?: number; readonly http1Only?: boolean } = {},
): Promise<Http2Server> {
  const authority = await createCertificateAuthority('both');
  const { certificate, key } = await authority.issueServer(['127.0.0.1']);
  const [calls, sessions]: [ArrivedCall[], ServerHttp2Session[]] = [[], []];
  let run: (call: ArrivedCall) => void = (call) => call.answer();
  const tls = { cert: certificate, key };
  const onRequest = (
    request: Http2ServerRequest | IncomingMessage,
    response: Http2ServerResponse | ServerResponse,
  ) => {
    const call = arrived(request, response);
    calls.push(call);
    run(call);
  };
  const { maxConcurrentStreams = 100 } = options;
  const both = { ...tls, allowHTTP1: true, settings: { maxConcurrentStreams } };
  const server =
    options.http1Only === true
      ? createServer(tls, onRequest)
      : createSecureServer(both, onRequest).on('session', (session) => {
          session.on('error', () => undefined);
          sessions.push(session);
        });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const sockets = new Set<TLSSocket>();
  server.on('secureConnection', (socket: TLSSocket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
  });
  return {
    port: (server.address() as AddressInfo).port,
    certificateAuthority: authority.certificate,
    calls,
    sessions,
    script: (next) => (run = next),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function arrived(
  request: Http2ServerRequest | IncomingMessage,
  response: Http2ServerResponse | ServerResponse,
): ArrivedCall {
  const stream = 'stream' in response ? response.stream : undefined;
  response.on('error', () => undefined);
  return {
    protocol: stream === undefined ? 'http/1.1' : 'h2',
    path: request.url ?? '',
    headers: request.headers,
    stream,
    answer: (body = '{}') => {
      response.setHeader('content-type', 'application/json');
      response.end(body);
    },
  };
}
