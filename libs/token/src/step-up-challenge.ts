import type { StepUp, StepUpProof } from '@drawbridge/contracts';
import type { VerifiedToken } from './verify-token.js';

/** What a token proves of the login it came of; `undefined` when its issuer does not say when that was. */
export function proofOf({ principal, authTime, acr, amr }: VerifiedToken): StepUpProof | undefined {
  if (authTime === undefined) return undefined;
  return {
    issuer: principal.issuer,
    authTime: authTime.toISOString(),
    ...(acr === undefined ? {} : { acr }),
    ...(amr === undefined ? {} : { amr: [...amr] }),
  };
}

/**
 * RFC 9470: tells a client what login it needs, so that it can ask for that and come again. Both texts must hold no
 * quotes: a message of ours does not, and classes of logins do not by the schema of policies.
 */
export function stepUpChallenge(message: string, { maxAgeSeconds, acr }: StepUp): string {
  return [
    'Bearer realm="drawbridge"',
    'error="insufficient_user_authentication"',
    `error_description="${message}"`,
    `max_age="${maxAgeSeconds}"`,
    ...(acr === undefined ? [] : [`acr_values="${acr.join(' ')}"`]),
  ].join(', ');
}
