import { z } from 'zod';
import { AccessRequestInput, ExtensionRound } from './access-terms.js';
import { StepUpProof } from './approval-steps.js';
import { event } from './define-event.js';
import { Behalf, Principal } from './principal.js';

/** What only the identity service may append about an access request. */
export const identityEvents = [
  event('AccessRequested', {
    requester: Principal,
    request: AccessRequestInput,
    /** SHA-256 of the request; a repeated idempotency key must bring the same one. */
    digest: z.string(),
    /** The login it was asked with; only where it needs no approver. */
    proof: StepUpProof.optional(),
    /** `request` names the human too, where nobody passes over it. */
    behalf: Behalf.optional(),
  }),
  event('AccessRequestWithdrawn', {
    by: Principal,
    /** It ended with this run of the agent. */
    runId: z.string().optional(),
  }),
  /** The agent asks for more time while its grant runs. */
  event('ExtensionRequested', {
    round: ExtensionRound,
    by: Principal,
    seconds: z.int().positive(),
    reason: z.string(),
  }),
  event('QuestionAnswered', { questionId: z.uuid(), by: Principal, text: z.string() }),
] as const;
