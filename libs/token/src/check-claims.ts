import type { TrustedIssuer } from '@drawbridge/contracts';
import type { Claims } from './decode-token.js';
import { TokenRefused } from './token-refused.js';

/** Largest instant a `Date` can hold, in seconds. */
const MAX_NUMERIC_DATE = 8.64e12;

/**
 * Judges what a genuine token says about itself: for whom it is, through whom it came, what it is, and when.
 *
 * @returns the instant from which on the token must be refused: `exp` (or `iat` plus the issuer's maximum
 *   age, whichever is first) plus the issuer's clock skew
 * @throws {@link TokenRefused}
 */
export function checkClaims(claims: Claims, issuer: TrustedIssuer, now: Date): Date {
  checkAudience(claims, issuer);
  checkParty(claims, issuer);
  checkPurpose(claims);
  return checkTimes(claims, issuer, now.getTime() / 1000);
}

function checkAudience(claims: Claims, issuer: TrustedIssuer): void {
  const claim = claims['aud'];
  const audiences = Array.isArray(claim) ? (claim as readonly unknown[]) : [claim];
  if (!audiences.every((audience) => typeof audience === 'string')) {
    throw new TokenRefused('token_audience_wrong', 'the claim "aud" is missing or not text');
  }
  if (audiences.some((audience) => issuer.audiences.includes(audience))) return;
  const expected = issuer.audiences.map((audience) => `"${audience}"`).join(' or ');
  throw new TokenRefused('token_audience_wrong', `expected a token for the audience ${expected}`);
}

function checkParty(claims: Claims, { authorizedParties }: TrustedIssuer): void {
  if (authorizedParties === undefined) return;
  // Where both are present both must be listed: the two would otherwise be two opinions on one question.
  const parties = [claims['azp'], claims['client_id']].filter((party) => party !== undefined);
  const listed = (party: unknown) => authorizedParties.some((allowed) => allowed === party);
  if (parties.length > 0 && parties.every(listed)) return;
  throw new TokenRefused(
    'token_party_wrong',
    'the token was issued to a client that is not listed',
  );
}

/** Refuses genuine tokens that are not meant to be carried as a plain bearer credential. */
function checkPurpose(claims: Claims): void {
  if (Object.hasOwn(claims, 'cnf')) {
    const message = 'the token is bound to a key ("cnf") and is not valid as a plain bearer token';
    throw new TokenRefused('token_type_refused', message);
  }
  if (Object.hasOwn(claims, 'events')) {
    throw new TokenRefused('token_type_refused', 'the token is a security event, not a credential');
  }
}

function checkTimes(claims: Claims, issuer: TrustedIssuer, now: number): Date {
  const skew = issuer.clockSkewSeconds;
  const [exp, nbf, iat] = [date(claims, 'exp'), date(claims, 'nbf'), date(claims, 'iat')];
  if (exp === undefined) {
    throw new TokenRefused('token_claims_invalid', 'the claim "exp" is missing');
  }
  if (now >= exp + skew) throw new TokenRefused('token_expired', 'the token has expired');
  if ((nbf ?? 0) > now + skew) {
    throw new TokenRefused('token_not_yet_valid', 'the token is not valid yet ("nbf")');
  }
  if ((iat ?? 0) > now + skew) {
    throw new TokenRefused('token_not_yet_valid', 'the token was issued in the future ("iat")');
  }
  const end = Math.min(exp, oldest(iat, issuer)) + skew;
  if (now >= end) {
    throw new TokenRefused('token_too_old', `expected a token of at most ${ageOf(issuer)}`);
  }
  return new Date(Math.min(end, MAX_NUMERIC_DATE) * 1000);
}

function oldest(iat: number | undefined, { maxTokenAgeSeconds }: TrustedIssuer): number {
  if (maxTokenAgeSeconds === undefined) return Infinity;
  if (iat !== undefined) return iat + maxTokenAgeSeconds;
  throw new TokenRefused('token_claims_invalid', 'the claim "iat" is missing');
}

const ageOf = ({ maxTokenAgeSeconds }: TrustedIssuer) =>
  `${maxTokenAgeSeconds ?? Infinity} seconds`;

function date(claims: Claims, name: string): number | undefined {
  const value = claims[name];
  if (value === undefined) return undefined;
  if (typeof value === 'number' && value >= 0 && value <= MAX_NUMERIC_DATE) return value;
  throw new TokenRefused('token_claims_invalid', `the claim "${name}" is not a time in seconds`);
}
