import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { outboundAddress } from './outbound-address.js';
import { OutboundFailed } from './outbound-failed.js';

export interface BoundedFetchOptions {
  /** Plain HTTP to a loopback address. @default false */
  readonly allowInsecureHttp?: boolean;
  /** PEM; only these are believed then. Default: the system's roots. */
  readonly certificateAuthority?: string | undefined;
  /** PEM, shown to a server that asks for it. */
  readonly clientCertificate?: { readonly certificate: string; readonly key: string } | undefined;
  /** For the whole exchange. @default 2000 */
  readonly timeoutMs?: number;
  /** Of the answer's body. @default 65536 */
  readonly maxBytes?: number;
  /** @default GET */
  readonly method?: string;
  /** In lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | undefined;
}

/**
 * A call to an address of somebody else: everything within a time, an answer of a bounded size, no redirect
 * followed, no connection kept, certificates always checked.
 *
 * @throws {@link OutboundFailed}
 */
export async function boundedFetch(
  address: string,
  options: BoundedFetchOptions = {},
): Promise<Response> {
  const url = outboundAddress(address, options.allowInsecureHttp ?? false);
  try {
    const message = await send(url, options);
    const body = await read(message, options.maxBytes ?? 65_536);
    const retryAfter = message.headers['retry-after'];
    const headers = {
      'content-type': message.headers['content-type'] ?? '',
      ...(retryAfter !== undefined && { 'retry-after': retryAfter }),
    };
    const status = message.statusCode ?? 0;
    return new Response(isBodiless(status) ? null : body, { status, headers });
  } catch (cause) {
    if (cause instanceof OutboundFailed) throw cause;
    const message = `"${url.host}" did not answer as expected`;
    throw new OutboundFailed('no_answer', message, { cause });
  }
}

/** With these `Response` refuses a body, even an empty one. */
const isBodiless = (status: number): boolean => [204, 205, 304].includes(status);

function send(url: URL, wanted: BoundedFetchOptions): Promise<IncomingMessage> {
  const { method = 'GET', headers = {}, body, timeoutMs = 2_000 } = wanted;
  return new Promise((resolve, reject) => {
    const options = {
      agent: false,
      method,
      headers: { accept: 'application/json', 'user-agent': 'drawbridge', ...headers },
      signal: AbortSignal.timeout(timeoutMs),
    };
    const request =
      url.protocol === 'http:'
        ? httpRequest(url, options)
        : httpsRequest(url, {
            ...options,
            ca: wanted.certificateAuthority,
            cert: wanted.clientCertificate?.certificate,
            key: wanted.clientCertificate?.key,
          });
    // A server that changes the protocol (101) ends in neither, and then not even the signal is heard.
    const closed = () => reject(new Error('the connection was closed without an answer'));
    request.on('response', resolve).on('error', reject).on('close', closed).end(body);
  });
}

async function read(message: IncomingMessage, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Leaving the loop destroys the message and its socket.
    if (bytes > maxBytes) {
      throw new OutboundFailed('answer_too_large', `the answer exceeds ${maxBytes} bytes`);
    }
    chunks.push(chunk);
  }
  // As it came: not every answer is text.
  return Uint8Array.from(Buffer.concat(chunks));
}
