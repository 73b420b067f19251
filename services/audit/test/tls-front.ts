import { request, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface TlsFront {
  /** `https://localhost:<port>` */
  readonly origin: string;
  close(): Promise<void>;
}

/** Puts TLS before a receiver that speaks plain HTTP. */
export async function startTlsFront(
  pair: { readonly certificate: string; readonly key: string },
  target: string,
  more: ServerOptions = {},
): Promise<TlsFront> {
  const forward = (incoming: IncomingMessage, response: ServerResponse): void => {
    const { method, headers, url = '/' } = incoming;
    const outgoing = request(new URL(url, target), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    incoming.pipe(outgoing);
  };
  const server = createServer({ cert: pair.certificate, key: pair.key, ...more }, forward);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `https://localhost:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
