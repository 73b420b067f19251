import type { Principal } from '@drawbridge/contracts';
import type { Claims } from './decode-token.js';

/** Beside the principal, not in it: principals stand in events and records, where most claims have no business. */
const verified = new WeakMap<Principal, Claims>();

/** Remembers the claims that a principal was read from, for as long as that very object lives. */
export function rememberClaims(principal: Principal, claims: Claims): Principal {
  verified.set(principal, claims);
  return principal;
}

/** All claims of the token that this very principal was verified from; `undefined` when it came another way. */
export function claimsOf(principal: Principal): Readonly<Record<string, unknown>> | undefined {
  return verified.get(principal);
}
