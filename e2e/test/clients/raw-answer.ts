import { connect } from 'node:http2';
import { request } from 'node:https';

/** One way to the API: its address, whom it is signed by, and what opens it. */
export interface Way {
  /** With the path that goes before every path of Kubernetes. */
  readonly base: string;
  readonly ca: string;
  readonly token?: string;
  readonly certificate?: string;
  readonly key?: string;
}

export interface RawCall {
  readonly path: string;
  readonly accept: string;
  readonly gzip?: boolean;
  readonly method?: string;
  readonly body?: string | Buffer;
  readonly contentType?: string;
}

/** An answer as it came, nothing unpacked. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

const headersOf = ({ token }: Way, { accept, gzip = false, contentType }: RawCall) => ({
  accept,
  ...(gzip && { 'accept-encoding': 'gzip' }),
  ...(token !== undefined && { authorization: `Bearer ${token}` }),
  ...(contentType !== undefined && { 'content-type': contentType }),
});

const tlsOf = ({ ca, certificate, key }: Way) => ({
  ca,
  ...(certificate !== undefined && { cert: certificate }),
  ...(key !== undefined && { key }),
});

/** Makes a call over HTTP/1.1, on a connection of its own. */
export function callByHttp1(way: Way, call: RawCall): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', body } = call;
    const options = { ...tlsOf(way), method, headers: headersOf(way, call), agent: false };
    const sent = request(way.base + call.path, options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const { statusCode: status = 0, headers } = response;
        resolve({ status, headers, body: Buffer.concat(chunks) });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Makes a call over HTTP/2, on a session of its own. */
export function callByHttp2(way: Way, call: RawCall): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const { origin, pathname } = new URL(way.base);
    const session = connect(origin, tlsOf(way)).on('error', reject);
    const { method = 'GET', body } = call;
    const path = pathname.replace(/\/$/, '') + call.path;
    const head = { ':method': method, ':path': path, ...headersOf(way, call) };
    const stream = session.request(head, { endStream: body === undefined });
    const chunks: Buffer[] = [];
    let headers: Readonly<Record<string, unknown>> = {};
    stream.on('response', (given) => (headers = given));
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', reject);
    stream.on('end', () => {
      session.close();
      resolve({ status: Number(headers[':status']), headers, body: Buffer.concat(chunks) });
    });
    if (body !== undefined) stream.end(body);
  });
}
