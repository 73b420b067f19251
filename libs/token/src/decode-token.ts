import { parseStrictJson, StrictJsonError } from './parse-strict-json.js';
import { TokenRefused } from './token-refused.js';

export type Claims = Readonly<Record<string, unknown>>;

/** The parts of a compact JWS, read but not believed: nothing here has been verified. */
export interface DecodedToken {
  readonly header: Claims;
  readonly claims: Claims;
}

const COMPACT_JWS = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]*)$/;

/**
 * Splits a token into header and claims without believing either.
 *
 * @throws {@link TokenRefused} `token_malformed` for anything but a compact JWS with two JSON objects in
 *   UTF-8 that repeat no key (so also for `null`, an encrypted token and the JSON serialisations)
 */
export function decodeToken(token: string): DecodedToken {
  const [, header, claims] = COMPACT_JWS.exec(token) ?? [];
  if (header === undefined || claims === undefined) {
    throw malformed('the token is not a signed JWT in compact form');
  }
  return { header: jsonObject(header, 'header'), claims: jsonObject(claims, 'claims set') };
}

function jsonObject(encoded: string, part: string): Claims {
  const value = json(encoded, part);
  if (!isRecord(value)) throw malformed(`the token's ${part} is not a JSON object`);
  return value;
}

function json(encoded: string, part: string): unknown {
  try {
    const bytes = Buffer.from(encoded, 'base64url');
    return parseStrictJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    const why =
      error instanceof StrictJsonError ? 'holds a key that is not allowed' : 'is not JSON in UTF-8';
    throw malformed(`the token's ${part} ${why}`);
  }
}

export function isRecord(value: unknown): value is Claims {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function malformed(message: string): TokenRefused {
  return new TokenRefused('token_malformed', message);
}
