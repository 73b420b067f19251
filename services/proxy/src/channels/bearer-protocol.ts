import { CallRefused } from '../domain/call-refused.js';
import { headerValue, headerValues } from '../domain/request-head.js';

/** How browsers, which cannot set headers of a WebSocket, send their token: as a protocol they seem to offer. */
const PREFIX = 'base64url.bearer.authorization.k8s.io.';

/** Whether an offered protocol is a token. Such a name is never forwarded, agreed on, recorded or logged. */
export const isTokenProtocol = (name: string): boolean => name.toLowerCase().startsWith(PREFIX);

/**
 * The token in the offered protocols, as an `Authorization` value.
 *
 * @returns `undefined` when there is none, and of requests for anything but a WebSocket
 * @throws {@link CallRefused} `malformed_request` when there are two, when there is an `Authorization` header
 *   besides, or nothing is offered but the token
 */
export function protocolAuthorization(rawHeaders: readonly string[]): string | undefined {
  if (headerValue(rawHeaders, 'upgrade')?.toLowerCase() !== 'websocket') return undefined;
  const offered = headerValues(rawHeaders, 'sec-websocket-protocol')
    .join(',')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const tokens = offered.filter(isTokenProtocol);
  const [token] = tokens;
  if (token === undefined) return undefined;
  if (tokens.length > 1 || headerValue(rawHeaders, 'authorization') !== undefined) {
    throw malformed('one token, in "Authorization" or as a WebSocket protocol');
  }
  if (offered.length === 1) throw malformed('a protocol to speak beside the one that is a token');
  return `Bearer ${decoded(token.slice(PREFIX.length))}`;
}

function decoded(text: string): string {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.toString('base64url') !== text) throw malformed('a token in base64url without padding');
  return bytes.toString('utf8');
}

const malformed = (what: string) => new CallRefused('malformed_request', `expected ${what}`);
