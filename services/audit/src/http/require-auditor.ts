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
 * @throws TokenRefused, AuditRefused
 */
export async function requireAuditor(
  request: Request,
  { verifier, groups }: Auditors,
): Promise<void> {
  const { principal } = await requirePrincipal(request, verifier);
  const allowed =
    principal.kind === 'human' && principal.groups.some((group) => groups.includes(group));
  if (allowed) return;
  throw new AuditRefused(
    'auditor_required',
    `only a human in one of the groups ${groups.join(', ')} may read the record`,
  );
}
