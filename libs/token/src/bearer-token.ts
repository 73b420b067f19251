import { TokenRefused } from './token-refused.js';

/** A larger token is refused unread: real ones, 500 groups included, stay below this. */
export const MAX_TOKEN_BYTES = 16_384;

/**
 * Every `Authorization` header of a request, from Node's `rawHeaders` (name, value, name, value, …).
 *
 * `headers.authorization` will not do: Node keeps the first of several there and hides the others.
 */
export const authorizationHeaders = (rawHeaders: readonly string[]): readonly string[] =>
  headerValues(rawHeaders, 'authorization');

/** The same of another header that carries a token: Node joins several of those into one. */
export function headerValues(rawHeaders: readonly string[], name: string): readonly string[] {
  return rawHeaders.filter(
    (_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name.toLowerCase(),
  );
}

/**
 * Whether the request target carries `access_token` (RFC 6750, 2.3) in its query. Such a token is never
 * read: it has leaked into access logs already, so the caller should be told instead of being served.
 *
 * @param target - path and query as received, still percent-encoded
 */
export function hasTokenInQuery(target: string): boolean {
  if (!target.includes('?')) return false;
  const query = target.split('?').slice(1).join('?');
  return query
    .split(/[&;]/)
    .some((pair) => decoded(pair.split('=')[0] ?? '').toLowerCase() === 'access_token');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' ')).trim();
  } catch {
    return text;
  }
}

/**
 * Takes the token out of the one `Authorization: Bearer <token>` header.
 *
 * @param authorization - the header's value, or all values when the request may carry several
 * @throws {@link TokenRefused} `token_missing`, `token_malformed` or `token_too_large`
 */
export function readBearerToken(authorization: string | readonly string[] | undefined): string {
  const values = typeof authorization === 'string' ? [authorization] : (authorization ?? []);
  const [value] = values;
  if (value === undefined || value.trim() === '') {
    throw new TokenRefused('token_missing', 'expected the header "Authorization: Bearer <token>"');
  }
  if (values.length > 1) {
    throw new TokenRefused('token_malformed', 'expected one Authorization header, got several');
  }
  return tokenIn(value);
}

function tokenIn(value: string): string {
  const [, scheme = '', token = ''] = /^(\S+) *(.*)$/s.exec(value) ?? [];
  if (scheme.toLowerCase() !== 'bearer') {
    throw new TokenRefused('token_malformed', 'expected the authorization scheme "Bearer"');
  }
  if (token === '') throw new TokenRefused('token_missing', 'the Bearer token is empty');
  if (Buffer.byteLength(token) > MAX_TOKEN_BYTES) {
    throw new TokenRefused('token_too_large', `the token is larger than ${MAX_TOKEN_BYTES} bytes`);
  }
  return token;
}
