import { request, type RequestOptions } from 'node:https';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { SandboxCluster } from '../src/index.js';

/** One answer of the cluster. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body parsed; throws when it is not JSON. */
  readonly json: unknown;
}

interface Call {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** TLS options in place of the administrator's token. */
  readonly tls?: RequestOptions;
  readonly anonymous?: boolean;
}

/** Opens a request as the administrator; the body of the answer is left to the caller. */
export function open(
  cluster: SandboxCluster,
  path: string,
  call: Call = {},
): Promise<IncomingMessage> {
  const authorization = { authorization: `Bearer ${cluster.adminToken}` };
  const isOther = call.anonymous === true || call.tls !== undefined;
  return new Promise((resolve, reject) => {
    const outgoing = request(
      `${cluster.address}${path}`,
      {
        method: call.method ?? 'GET',
        ca: cluster.certificateAuthority,
        agent: false,
        headers: { ...(isOther ? {} : authorization), ...call.headers },
        ...call.tls,
      },
      resolve,
    );
    outgoing.on('error', reject);
    outgoing.end(call.body);
  });
}

/** Sends one request and reads the whole answer. */
export async function send(
  cluster: SandboxCluster,
  path: string,
  call: Call = {},
): Promise<Answer> {
  const message = await open(cluster, path, call);
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(Buffer.from(chunk as Buffer));
  const bytes = Buffer.concat(chunks);
  const text = bytes.toString('utf8');
  return {
    status: message.statusCode ?? 0,
    headers: message.headers,
    text,
    get json() {
      return JSON.parse(text) as unknown;
    },
  };
}

/** Sends a JSON body. */
export function sendJson(
  cluster: SandboxCluster,
  path: string,
  call: { readonly method: string; readonly body: unknown; readonly contentType?: string },
): Promise<Answer> {
  return send(cluster, path, {
    method: call.method,
    body: JSON.stringify(call.body),
    headers: { 'content-type': call.contentType ?? 'application/json' },
  });
}

/** Reads a watch line by line. */
export class Watch {
  private readonly lines: unknown[] = [];
  private readonly waiting: (() => void)[] = [];
  private isEnded = false;

  constructor(private readonly message: IncomingMessage) {
    let rest = '';
    message.setEncoding('utf8');
    message.on('data', (text: string) => {
      const parts = (rest + text).split('\n');
      rest = parts.pop() ?? '';
      this.lines.push(...parts.map((line): unknown => JSON.parse(line)));
      this.wake();
    });
    message.on('close', () => {
      this.isEnded = true;
      this.wake();
    });
  }

  /** The next event; `undefined` when the stream has ended. */
  async next(): Promise<unknown> {
    while (this.lines.length === 0) {
      if (this.isEnded) return undefined;
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    return this.lines.shift();
  }

  close(): void {
    this.message.destroy();
  }

  private wake(): void {
    this.waiting.splice(0).forEach((resolve) => resolve());
  }
}
