import { randomBytes } from 'node:crypto';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { Agent, request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { connect as connectTls } from 'node:tls';

export interface AgentTarget {
  readonly port: number;
  readonly certificateAuthority: string;
}

/** RFC 9113, section 7. */
const CANCEL = 8;

/** An answer whose head is there. */
export interface Begun {
  readonly status: number;
  /** `''` when the answer has none. */
  readonly commandId: string;
  /** Code of the refusal, if it is one. */
  readonly refusal: string;
  /** Resolves when the first bytes have come, or none will. */
  readonly first: Promise<void>;
  /** Everything that came, also when the answer broke off. */
  readonly text: Promise<string>;
  /** Leaves in the middle of it. */
  abort(): void;
}

/** How an agent talks to the gateway: one connection at least, and none is left behind. */
export interface AgentClient {
  get(path: string, token: string): Promise<Begun>;
  close(): void;
}

/** HTTP/1.1 on kept connections. */
export function http1Client({ port, certificateAuthority: ca }: AgentTarget): AgentClient {
  const agent = new Agent({ keepAlive: true, ca, servername: 'localhost' });
  const get: AgentClient['get'] = (path, token) =>
    new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}` };
      const url = `https://127.0.0.1:${port}${path}`;
      const sent = httpsRequest(url, { agent, headers }, (answer) => {
        const head = headOf(answer.statusCode, answer.headers);
        resolve({ ...head, ...reading(answer), abort: () => sent.destroy() });
      });
      sent.on('error', (error: NodeJS.ErrnoException) => {
        // A kept connection that the gateway ends in the same moment: what every client asks again.
        if (sent.reusedSocket && error.code === 'ECONNRESET') resolve(get(path, token));
        else reject(error);
      });
      sent.end();
    });
  return { get, close: () => agent.destroy() };
}

/** HTTP/2, all calls on one connection. */
export function http2Client({ port, certificateAuthority: ca }: AgentTarget): AgentClient {
  let session: ClientHttp2Session | undefined;
  const open = () => {
    if (session === undefined || session.closed || session.destroyed) {
      session = connectHttp2(`https://127.0.0.1:${port}`, { ca, servername: 'localhost' });
      session.on('error', () => undefined);
    }
    return session;
  };
  return {
    get: (path, token) =>
      new Promise((resolve, reject) => {
        const stream = open().request({ ':path': path, authorization: `Bearer ${token}` });
        stream.on('response', (headers) => {
          const head = headOf(headers[':status'], headers);
          resolve({ ...head, ...reading(stream), abort: () => stream.close(CANCEL) });
        });
        stream.on('error', reject);
        stream.on('close', () => reject(new Error('closed without an answer')));
      }),
    close: () => session?.destroy(),
  };
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

function headOf(status: number | undefined, headers: Headers) {
  const text = (name: string) => {
    const value = headers[name];
    return typeof value === 'string' ? value : '';
  };
  return {
    status: status ?? 0,
    commandId: text('audit-id'),
    refusal: text('drawbridge-refusal'),
  };
}

/** Begins in the moment in which the head is there: whoever listened later could miss the end. */
function reading(body: Readable): Pick<Begun, 'first' | 'text'> {
  const chunks: Buffer[] = [];
  const first = Promise.withResolvers<undefined>();
  const text = Promise.withResolvers<string>();
  body.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    first.resolve(undefined);
  });
  body.on('error', () => undefined);
  body.on('close', () => {
    first.resolve(undefined);
    text.resolve(Buffer.concat(chunks).toString('utf8'));
  });
  return { first: first.promise, text: text.promise };
}

/** `kubectl exec -- true` over a WebSocket, from the handshake until the gateway has closed. */
export function exec(target: AgentTarget, path: string, token: string): Promise<string> {
  const socket = connectTls({
    host: '127.0.0.1',
    port: target.port,
    ca: target.certificateAuthority,
    servername: 'localhost',
  });
  const lines = [
    `GET ${path} HTTP/1.1`,
    'Host: localhost',
    `Authorization: Bearer ${token}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    'Sec-WebSocket-Protocol: v5.channel.k8s.io',
    '\r\n',
  ];
  socket.once('secureConnect', () => socket.write(lines.join('\r\n')));
  const chunks: Buffer[] = [];
  return new Promise((resolve, reject) => {
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('end', () => socket.end());
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
  });
}
