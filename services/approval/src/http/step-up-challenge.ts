import { stepUpChallenge } from '@drawbridge/token';
import type { Response } from 'express';
import { StepUpRefused } from '../domain/approval-refused.js';

/** RFC 9470: tells a client what login it needs, so that it can ask for that and come again. */
export async function challenging<Result>(
  response: Response | undefined,
  decide: () => Promise<Result>,
): Promise<Result> {
  try {
    return await decide();
  } catch (error) {
    if (error instanceof StepUpRefused) {
      response?.setHeader('WWW-Authenticate', stepUpChallenge(error.message, error.wanted));
    }
    throw error;
  }
}
