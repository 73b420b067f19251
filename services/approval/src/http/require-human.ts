import type { Principal } from '@drawbridge/contracts';
import { requirePrincipal } from '@drawbridge/runtime';
import type { TokenVerifier } from '@drawbridge/token';
import type { Request } from 'express';
import { refusedApprover } from '../domain/approval-refused.js';

/**
 * Whoever asks, with their own token. An agent is refused whatever it asks: no path of this API is for it.
 *
 * @throws `TokenRefused`; `approver_not_human`
 */
export async function requireHuman(request: Request, verifier: TokenVerifier): Promise<Principal> {
  const { principal } = await requirePrincipal(request, verifier);
  if (principal.kind !== 'human') throw refusedApprover('approver_not_human');
  return principal;
}
