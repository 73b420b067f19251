import { connect, type ClientHttp2Session, type OutgoingHttpHeaders } from 'node:http2';
import type { Gateway } from './gateway-under-test.js';

export interface Http2Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
  /** Why the stream ended; 0 when it ended as it should. */
  readonly resetCode: number;
  /** The answer has the mark of its end. */
  readonly complete: boolean;
}

export interface Http2Call {
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: Buffer;
  readonly onData?: (text: string) => void;
}

export function http2Session({ raw }: Gateway): ClientHttp2Session {
  const session = connect(`https://localhost:${raw.port}`, {
    ca: raw.certificateAuthority,
    maxSendHeaderBlockLength: 1024 * 1024,
  });
  session.on('error', () => undefined);
  return session;
}

/** One call on a session. Resolves however the stream ended. */
export function http2Call(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  { body, onData }: Http2Call = {},
): Promise<Http2Answer> {
  return new Promise((resolve) => {
    const stream = session.request(headers, { endStream: body === undefined });
    let [text, status, complete] = ['', 0, false];
    let received: Readonly<Record<string, unknown>> = {};
    stream.on('response', (head) => {
      received = head;
      status = head[':status'] ?? 0;
    });
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      text += chunk;
      onData?.(chunk);
    });
    stream.on('error', () => undefined);
    stream.on('end', () => (complete = true));
    stream.on('close', () => {
      resolve({ status, headers: received, body: text, resetCode: stream.rstCode, complete });
    });
    if (body !== undefined) stream.end(body);
  });
}
