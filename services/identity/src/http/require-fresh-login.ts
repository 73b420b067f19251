import type { ExplainInput, StepUp } from '@drawbridge/contracts';
import { AppError } from '@drawbridge/kernel';
import { stepUpChallenge } from '@drawbridge/token';
import type { Response } from 'express';
import type { AskPolicy } from '../nats/ask-policy.js';

/** What the login lacks of somebody who needs no approver. */
export type LoginRefusal = 'step_up_required' | 'step_up_too_old' | 'step_up_too_weak';

/** Whoever asks has to log in again; nothing was recorded. */
export class FreshLoginWanted extends AppError<LoginRefusal> {
  constructor(
    code: LoginRefusal,
    message: string,
    readonly wanted: StepUp,
  ) {
    super(code, message);
  }
}

/**
 * Asks policy whether the login is fresh enough, before anything is recorded, so that a client can log in again and
 * come back (RFC 9470). Policy judges it once more; every other no is recorded as ever.
 *
 * @throws FreshLoginWanted, `policy_unavailable`
 */
export async function requireFreshLogin(
  explain: AskPolicy,
  asked: ExplainInput,
  response: Response,
): Promise<void> {
  const told = await explain(asked);
  if (told.verdict === 'validated' || told.stepUp === undefined) return;
  const code = loginRefusal(told.code);
  if (code === undefined) return;
  response.setHeader('WWW-Authenticate', stepUpChallenge(told.message, told.stepUp));
  throw new FreshLoginWanted(code, told.message, told.stepUp);
}

const codes = ['step_up_required', 'step_up_too_old', 'step_up_too_weak'] as const;

const loginRefusal = (code: string): LoginRefusal | undefined => codes.find((one) => one === code);
