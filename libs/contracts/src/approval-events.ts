import { z } from 'zod';
import { ExtensionRound, Instant } from './access-terms.js';
import { ApprovalRequirement, Narrowing } from './approval-requirement.js';
import { StepUpProof } from './approval-steps.js';
import { ReviewVerdict } from './break-glass.js';
import { event } from './define-event.js';
import { Principal } from './principal.js';

/** `step_up`: on our own page, after a fresh login. */
export const ApprovedVia = z.enum(['slack', 'http', 'step_up']);
export type ApprovedVia = z.infer<typeof ApprovedVia>;

/** Which approval of the request it is about; absent: the first, of the request itself. */
const round = ExtensionRound.optional();

/** What only the approval service may append about an access request. */
export const approvalEvents = [
  event('ApprovalRequested', {
    approval: ApprovalRequirement,
    /** The request lapses at this instant when nobody has decided. */
    decideBy: Instant,
    round,
  }),
  event('ApprovalGiven', {
    approver: Principal,
    via: ApprovedVia,
    comment: z.string().optional(),
    /** How often the terms had been narrowed when they were shown; absent: never. */
    seen: z.int().min(0).optional(),
    /** Only in a sequence: the step that was open. */
    step: z.string().optional(),
    /** Only under an approval in steps: who cannot read steps would not see that it takes something away. */
    narrow: Narrowing.optional(),
    /** The login it was given with; only where the approval asks for a fresh one. */
    proof: StepUpProof.optional(),
    round,
  }),
  event('ApprovalDenied', {
    approver: Principal,
    via: z.enum(['slack', 'http']),
    reason: z.string().optional(),
    round,
  }),
  event('ApprovalVoided', {
    /** As in the approval that counts no more. */
    approver: Principal,
    reason: z.enum(['taken_back', 'left_group', 'disabled']),
    round,
  }),
  /** The humans of a step were reminded; what was missed while nobody was there is one reminder. */
  event('ApprovalReminded', { step: z.string(), count: z.int().min(1), round }),
  /** The further groups of an entry of the step's `escalate`, from 0, may decide too from here on. */
  event('ApprovalEscalated', { step: z.string(), level: z.int().min(0), round }),
  /** A ticket system's word, signed by it, on the step that is its own. */
  event('TicketDecided', {
    step: z.string(),
    webhook: z.string(),
    /** The request's. */
    ticket: z.string(),
    decision: z.enum(['approved', 'denied']),
    /** Who decided there, as the ticket system says; nobody of ours. */
    by: z.string().optional(),
    /** What was signed; the same again is no news. */
    callbackId: z.string(),
    /** As in an approval: the version of the terms that the ticket system was told. */
    seen: z.int().min(0),
  }),
  event('QuestionAsked', {
    questionId: z.uuid(),
    by: Principal,
    via: z.enum(['slack', 'http']),
    text: z.string(),
  }),
  event('AccessRequestApproved', { approvers: z.array(Principal).min(1) }),
  event('AccessRequestRejected', {
    /** Absent: no human of ours, but a ticket system; `reason` says which. */
    by: Principal.optional(),
    reason: z.string().optional(),
  }),
  event('AccessRequestLapsed', { decideBy: Instant }),
  /** A human asks for more time on behalf of the agent; they are asked for their approval like everybody else. */
  event('ExtensionOffered', {
    round: ExtensionRound,
    by: Principal,
    via: z.enum(['slack', 'http']),
    seconds: z.int().positive(),
    reason: z.string(),
  }),
  event('ExtensionApproved', { round: ExtensionRound, approvers: z.array(Principal).min(1) }),
  event('ExtensionClosed', {
    round: ExtensionRound,
    outcome: z.enum(['rejected', 'lapsed']),
    /** Whose no it was. */
    by: Principal.optional(),
    reason: z.string().optional(),
  }),
  /** A human ends the grant; gateways go by it already. */
  event('RevocationOrdered', { by: Principal, via: z.enum(['slack', 'http']), reason: z.string() }),
  /** A grant that nobody approved before has ended; from here on somebody has to say whether it was justified. */
  event('ReviewRequested', { groups: z.array(z.string().min(1)).min(1), dueBy: Instant }),
  /** Reviewers were reminded; what was missed while nobody was there is one reminder. */
  event('ReviewReminded', { count: z.int().min(1) }),
  event('ReviewCompleted', {
    by: Principal,
    via: z.enum(['slack', 'http']),
    verdict: ReviewVerdict,
    note: z.string(),
  }),
] as const;
