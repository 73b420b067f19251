import type { Principal } from '@drawbridge/contracts';
import { AppError } from '@drawbridge/kernel';
import { requirePrincipal } from '@drawbridge/runtime';
import type { TokenVerifier } from '@drawbridge/token';
import type { Request } from 'express';

/** `auditor_required`: the caller is known, and may not read the record. */
export class AuditRefused extends AppError<'auditor_required'> {}

export interface Auditors {
  readonly verifier: Pick<TokenVerifier, 'verify'>;
  readonly groups: readonly string[];
}

/**
 * Lets a human of an auditor group pass and nobody else: an agent may carry the same group, and would then
 * read what other agents did.
 *
 * @returns who it is
 * @throws TokenRefused, AuditRefused
 */
export async function requireAuditor(request: Request, auditors: Auditors): Promise<Principal> {
  const { principal } = await requirePrincipal(request, auditors.verifier);
  if (isAuditor(principal, auditors)) return principal;
  throw new AuditRefused(
    'auditor_required',
    `only a human in one of the groups ${auditors.groups.join(', ')} may read this`,
  );
}

/** Humans only: an agent may carry the same group. */
export const isAuditor = (
  { kind, groups }: Principal,
  auditors: Pick<Auditors, 'groups'>,
): boolean => kind === 'human' && groups.some((group) => auditors.groups.includes(group));
