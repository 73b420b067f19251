import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { issuerAddress } from './issuer-address.js';
import { IssuerUnusable } from './issuer-unusable.js';

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 1_048_576;

export interface FetchOptions {
  readonly allowInsecureHttp: boolean;
  /** PEM; only these are believed then. Default: the system's roots. */
  readonly certificateAuthority?: string;
  /** For the whole exchange. @default 10000 */
  readonly timeoutMs?: number;
}

/**
 * A `GET` for metadata and keys of issuers: 10 seconds for everything, at most 1 MiB, no redirect followed, no
 * connection kept, certificates always checked.
 *
 * @throws {@link IssuerUnusable}
 */
export async function boundedFetch(address: string, options: FetchOptions): Promise<Response> {
  const url = issuerAddress(address, options.allowInsecureHttp);
  try {
    const message = await send(url, options);
    const body = await read(message);
    const headers = { 'content-type': message.headers['content-type'] ?? '' };
    return new Response(body, { status: message.statusCode ?? 0, headers });
  } catch (cause) {
    if (cause instanceof IssuerUnusable) throw cause;
    const message = `"${url.host}" did not answer as expected`;
    throw new IssuerUnusable('issuer_unreachable', message, { cause });
  }
}

function send(
  url: URL,
  { certificateAuthority, timeoutMs }: FetchOptions,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = {
      agent: false,
      headers: { accept: 'application/json', 'user-agent': 'drawbridge-identity' },
      signal: AbortSignal.timeout(timeoutMs ?? TIMEOUT_MS),
    };
    const request =
      url.protocol === 'http:'
        ? httpRequest(url, options)
        : httpsRequest(url, { ...options, ca: certificateAuthority });
    request.on('response', resolve).on('error', reject).end();
  });
}

async function read(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Leaving the loop destroys the message and its socket.
    if (bytes > MAX_BYTES) {
      throw new IssuerUnusable(
        'issuer_response_too_large',
        `the answer exceeds ${MAX_BYTES} bytes`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
