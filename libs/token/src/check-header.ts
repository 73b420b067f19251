import type { TrustedIssuer } from '@drawbridge/contracts';
import type { Claims } from './decode-token.js';
import { TokenRefused } from './token-refused.js';

/** RFC 9068 access tokens, plain JWTs, and both with the `application/` prefix that RFC 7515 allows. */
const ACCEPTED_TYPES = new Set(['at+jwt', 'application/at+jwt', 'jwt', 'application/jwt']);

/**
 * Judges a token's header before any cryptography.
 *
 * `typ` may be absent; any other type (`logout+jwt`, `secevent+jwt`, `dpop+jwt`, …) is not meant as a
 * credential. `jku`, `x5u` and `x5c` are ignored, since real issuers send them and keys come from the trust
 * bundle only; an embedded `jwk` has no honest use and is refused.
 *
 * @throws {@link TokenRefused} `token_type_refused`, `token_algorithm_refused` or `token_malformed`
 */
export function checkHeader(header: Claims, issuer: TrustedIssuer): void {
  checkType(header['typ']);
  checkAlgorithm(header['alg'], issuer);
  if (Object.hasOwn(header, 'crit')) {
    throw new TokenRefused(
      'token_malformed',
      'the token has a critical header: none is understood',
    );
  }
  if (Object.hasOwn(header, 'jwk')) {
    throw new TokenRefused('token_malformed', 'the token brings its own key');
  }
  const kid = header['kid'];
  if (kid !== undefined && (typeof kid !== 'string' || kid === '')) {
    throw new TokenRefused('token_malformed', 'the header "kid" is not a non-empty string');
  }
}

function checkType(type: unknown): void {
  if (type === undefined) return;
  if (typeof type === 'string' && ACCEPTED_TYPES.has(type.toLowerCase())) return;
  throw new TokenRefused('token_type_refused', 'expected a token of type "at+jwt" or "JWT"');
}

function checkAlgorithm(algorithm: unknown, { algorithms }: TrustedIssuer): void {
  if (algorithms.some((allowed) => allowed === algorithm)) return;
  const expected = algorithms.join(', ');
  throw new TokenRefused('token_algorithm_refused', `expected a token signed with ${expected}`);
}
