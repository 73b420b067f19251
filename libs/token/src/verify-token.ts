import { compactVerify, createLocalJWKSet, errors } from 'jose';
import type { JSONWebKeySet, LocalJWKSet } from 'jose';
import type { Principal, TrustBundle, TrustedIssuer } from '@drawbridge/contracts';
import { MAX_TOKEN_BYTES } from './bearer-token.js';
import { checkClaims } from './check-claims.js';
import { rememberClaims } from './claims-of.js';
import { checkHeader } from './check-header.js';
import { decodeToken, type Claims } from './decode-token.js';
import { loginOf, type TokenLogin } from './login-of.js';
import { principalOf } from './principal-of.js';
import { TokenRefused } from './token-refused.js';

/** What a token proved. Never holds the token. */
export interface VerifiedToken extends TokenLogin {
  readonly principal: Principal;
  /** From this instant on the token is refused, so streams opened with it end; clock skew included. */
  readonly expiresAt: Date;
  /** `jti`, when the issuer sets one. */
  readonly tokenId?: string;
  /** The issuer tells which run of an agent a token is for, so that one that does not say is of none. */
  readonly mapsRun?: true;
}

/**
 * Verifies a bearer token against the trust bundle alone: no network, and nothing in the token chooses a key
 * or an address. Its issuer is the configured one whose name equals `iss` byte for byte, its key one of
 * that issuer's in the bundle.
 *
 * An ID token is accepted where the operator lists its audience for the issuer: some issuers (GitHub
 * Actions, GitLab, Google) have no other JWT, and the audience already tells whom it was meant for.
 *
 * @throws {@link TokenRefused}; any unexpected failure is a refusal too
 */
export async function verifyToken(
  bundle: TrustBundle,
  token: string,
  now: Date,
): Promise<VerifiedToken> {
  if (Buffer.byteLength(token) > MAX_TOKEN_BYTES) {
    throw new TokenRefused('token_too_large', `the token is larger than ${MAX_TOKEN_BYTES} bytes`);
  }
  const { header, claims } = decodeToken(token);
  const issuer = bundle.issuers.find((trusted) => trusted.issuer === claims['iss']);
  if (issuer === undefined) {
    throw new TokenRefused('token_issuer_unknown', 'the issuer of this token is not trusted');
  }
  checkHeader(header, issuer);
  await checkSignature(token, issuer);
  const expiresAt = checkClaims(claims, issuer, now);
  const principal = rememberClaims(principalOf(claims, issuer), claims);
  return {
    principal,
    expiresAt,
    ...tokenIdOf(claims),
    ...loginOf(claims, issuer, now),
    ...(issuer.claims.run !== undefined && { mapsRun: true }),
  };
}

const keySets = new WeakMap<TrustedIssuer, LocalJWKSet>();

/** Imported keys live as long as the issuer object they came with, so no key outlives its bundle. */
function keysOf(issuer: TrustedIssuer): LocalJWKSet {
  const known = keySets.get(issuer);
  if (known !== undefined) return known;
  const keys = createLocalJWKSet({ keys: issuer.keys } as JSONWebKeySet);
  keySets.set(issuer, keys);
  return keys;
}

async function checkSignature(token: string, issuer: TrustedIssuer): Promise<void> {
  try {
    await compactVerify(token, keysOf(issuer), { algorithms: [...issuer.algorithms] });
  } catch (cause) {
    throw signatureRefusal(cause);
  }
}

function signatureRefusal(cause: unknown): TokenRefused {
  if (cause instanceof errors.JWKSNoMatchingKey) {
    const message = 'no key of the issuer matches the token';
    return new TokenRefused('token_key_unknown', message, { cause });
  }
  if (cause instanceof errors.JWKSMultipleMatchingKeys) {
    const message = 'the token does not say which of the issuer\'s keys signed it ("kid")';
    return new TokenRefused('token_key_unknown', message, { cause });
  }
  const message = 'the signature of the token does not verify';
  return new TokenRefused('token_signature_invalid', message, { cause });
}

function tokenIdOf(claims: Claims): { tokenId?: string } {
  const id = claims['jti'];
  return typeof id === 'string' && id !== '' && id.length <= 256 ? { tokenId: id } : {};
}
