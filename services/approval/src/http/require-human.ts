import type { Principal } from '@drawbridge/contracts';
import { requirePrincipal } from '@drawbridge/runtime';
import type { TokenVerifier, VerifiedToken } from '@drawbridge/token';
import type { Request } from 'express';
import { refusedApprover } from '../domain/approval-refused.js';

/**
 * Whoever asks, with their own token. An agent is refused whatever it asks: no path of this API is for it.
 *
 * @throws `TokenRefused`; `approver_not_human`
 */
export async function requireHuman(request: Request, verifier: TokenVerifier): Promise<Principal> {
  return (await requireHumanToken(request, verifier)).principal;
}

/** The same, with what the token says of the login it came of. */
export async function requireHumanToken(
  request: Request,
  verifier: TokenVerifier,
): Promise<VerifiedToken> {
  const verified = await requirePrincipal(request, verifier);
  if (verified.principal.kind !== 'human') throw refusedApprover('approver_not_human');
  return verified;
}
