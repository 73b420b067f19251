import type { ApprovalRequirement } from '@drawbridge/contracts';
import type { Denial } from './denial.js';

/** After that a request is denied instead of judged: nobody still waits for it. */
export const JUDGE_WITHIN_MS = 10 * 60_000;
/** How much longer than the humans themselves the asking of them may take. */
const ASK_WITHIN_MS = 60_000;

type Asking = Exclude<ApprovalRequirement, { type: 'none' }>;

/** When a validated request ends that nobody was asked about, in milliseconds since the epoch. */
export const unaskedEndMs = (validatedAt: string, { timeoutSeconds }: Asking): number =>
  Date.parse(validatedAt) + timeoutSeconds * 1000 + ASK_WITHIN_MS;

export const isTooLateToJudge = (requestedAt: string, at: string): boolean =>
  Date.parse(at) >= Date.parse(requestedAt) + JUDGE_WITHIN_MS;

export const judgedTooLate: Denial = {
  code: 'judged_too_late',
  message: 'the policy service did not come to this request within 10 minutes',
  suggestion: 'Ask again.',
};

export const approvalUnavailable: Denial = {
  code: 'approval_unavailable',
  message: 'the approval service asked nobody about this request in the time that it had',
  suggestion: 'Ask again, and tell the people who run Drawbridge.',
};
