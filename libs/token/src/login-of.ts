import type { TrustedIssuer } from '@drawbridge/contracts';
import type { Claims } from './decode-token.js';

/** What a token says about itself and the login it came of. What an issuer does not say is absent, never guessed. */
export interface TokenLogin {
  /** `iat`: when the token was made. A refreshed token is new, the login behind it is not. */
  readonly issuedAt?: Date;
  /** `auth_time`: when the bearer last proved who they are. */
  readonly authTime?: Date;
  /** `acr`: how strong that proof was, in the issuer's own words. */
  readonly acr?: string;
  /** `amr`: by what it was proven, for example `pwd`, `mfa`, `hwk`. */
  readonly amr?: readonly string[];
}

const MAX_TEXT = 256;
const MAX_METHODS = 20;

/**
 * Reads them out of the claims of a genuine token.
 *
 * A claim of another type, or a login in the future, counts as absent instead of refusing the token: whoever wants
 * a fresh login gets no proof of one, and nobody else reads these claims.
 */
export function loginOf(claims: Claims, issuer: TrustedIssuer, now: Date): TokenLogin {
  const latest = now.getTime() + issuer.clockSkewSeconds * 1000;
  const issuedAt = instant(claims['iat'], latest);
  const authTime = instant(claims['auth_time'], latest);
  const acr = shortText(claims['acr']) ? claims['acr'] : undefined;
  const amr = methods(claims['amr']);
  return {
    ...(issuedAt === undefined ? {} : { issuedAt }),
    ...(authTime === undefined ? {} : { authTime }),
    ...(acr === undefined ? {} : { acr }),
    ...(amr === undefined ? {} : { amr }),
  };
}

function instant(value: unknown, latest: number): Date | undefined {
  if (typeof value !== 'number' || !(value >= 0) || value * 1000 > latest) return undefined;
  return new Date(value * 1000);
}

const shortText = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= MAX_TEXT;

function methods(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_METHODS) return undefined;
  const named: readonly unknown[] = value;
  return named.every(shortText) ? named : undefined;
}
