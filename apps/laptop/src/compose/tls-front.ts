import { once } from 'node:events';
import { request as plainRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { KeyPair } from '@drawbridge/embedded';

export interface TlsFrontOptions {
  /** Address to listen on. */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly certificate: KeyPair;
  /** Where every request goes, e.g. `http://127.0.0.1:8080`. */
  readonly target: string;
}

export interface TlsFront {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Puts TLS before a stand-in that speaks plain HTTP on loopback only: services take nothing less from a
 * Slack on another machine, and another container is one.
 */
export async function startTlsFront(options: TlsFrontOptions): Promise<TlsFront> {
  const { certificate, host, port, target } = options;
  const server = createServer({ cert: certificate.certificate, key: certificate.key }, (...call) =>
    forward(target, ...call),
  );
  server.listen(port, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function forward(target: string, incoming: IncomingMessage, response: ServerResponse): void {
  const { method, headers, url = '/' } = incoming;
  const outgoing = plainRequest(new URL(url, target), { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
    answer.on('error', () => response.destroy());
  });
  outgoing.on('error', () => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502).end();
  });
  response.on('close', () => outgoing.destroy());
  incoming.pipe(outgoing);
}
