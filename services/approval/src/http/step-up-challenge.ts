import type { StepUp, StepUpProof } from '@drawbridge/contracts';
import type { VerifiedToken } from '@drawbridge/token';
import type { Response } from 'express';
import { StepUpRefused } from '../domain/approval-refused.js';

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

/** RFC 9470: tells a client what login it needs, so that it can ask for that and come again. */
export async function challenging<Result>(
  response: Response | undefined,
  decide: () => Promise<Result>,
): Promise<Result> {
  try {
    return await decide();
  } catch (error) {
    if (error instanceof StepUpRefused) {
      response?.setHeader('WWW-Authenticate', challenge(error.message, error.wanted));
    }
    throw error;
  }
}

/** Both texts hold no quotes: ours by what it is, classes of logins by the schema of policies. */
function challenge(message: string, { maxAgeSeconds, acr }: StepUp): string {
  return [
    'Bearer realm="drawbridge"',
    'error="insufficient_user_authentication"',
    `error_description="${message}"`,
    `max_age="${maxAgeSeconds}"`,
    ...(acr === undefined ? [] : [`acr_values="${acr.join(' ')}"`]),
  ].join(', ');
}
