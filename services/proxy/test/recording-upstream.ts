import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import { createCertificateAuthority } from '@drawbridge/embedded';

/** One request as the cluster received it. */
export interface ReceivedRequest {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** Subject of the client certificate, when one was shown. */
  readonly clientName: string | undefined;
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A TLS server in the place of a cluster that writes down every byte it is asked. */
export interface RecordingUpstream {
  readonly address: string;
  readonly certificateAuthority: string;
  /** Issues client certificates that it asks for. */
  readonly issueClient: (name: string) => Promise<{ certificate: string; key: string }>;
  /** Requests whose body has arrived. */
  readonly received: ReceivedRequest[];
  /** Connections that were ever opened. */
  readonly connections: () => number;
  /** What it answers from now on. */
  answer(answer: Answer): void;
  close(): Promise<void>;
}

const ok: Answer = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end('{"kind":"Pod","apiVersion":"v1","metadata":{"name":"web-0"}}\n');
};

function nameOf({ socket }: IncomingMessage): string | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  // Without a certificate it is an empty object, whatever the types say.
  const subject: unknown = Reflect.get(socket.getPeerCertificate(), 'subject');
  const name: unknown =
    typeof subject === 'object' && subject !== null ? Reflect.get(subject, 'CN') : undefined;
  return typeof name === 'string' ? name : undefined;
}

export async function startRecordingUpstream(): Promise<RecordingUpstream> {
  const authority = await createCertificateAuthority('upstream');
  const { certificate, key } = await authority.issueServer(['127.0.0.1']);
  const received: ReceivedRequest[] = [];
  let answer = ok;
  let connections = 0;
  const server = createServer(
    {
      cert: certificate,
      key,
      ca: authority.certificate,
      requestCert: true,
      rejectUnauthorized: false,
      keepAliveTimeout: 60_000,
      maxHeaderSize: 262_144,
    },
    (request, response) => {
      const chunks: Buffer[] = [];
      const { method = '', url = '', rawHeaders, headers } = request;
      const clientName = nameOf(request);
      request.on('error', () => undefined);
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        received.push({ method, url, rawHeaders, headers, body, clientName });
        // As every cluster says; an answer may say something else.
        response.setHeader('content-type', 'application/json');
        answer(request, response);
      });
    },
  );
  server.on('secureConnection', () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    certificateAuthority: authority.certificate,
    issueClient: (client) => authority.issueClient(client, []),
    received,
    connections: () => connections,
    answer: (next) => (answer = next),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
