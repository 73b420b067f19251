import type { AccessEvent } from '@drawbridge/contracts';
import { whyNotCounted, type FactOf, type StepRefusal } from '@drawbridge/scope';
import type { AccessApproval } from './access-approval-state.js';
import { ApprovalRefused, type ApprovalRefusal } from './approval-refused.js';
import { requireInTime, requirePending } from './decide-by-human.js';

/** What a ticket system says of a request, signed by it. `at` is when it was accepted: UTC, RFC 3339. */
export interface RecordTicket {
  readonly type: 'RecordTicket';
  readonly webhook: string;
  readonly ticket: string;
  readonly decision: 'approved' | 'denied';
  /** Who decided there, in the words of the ticket system. */
  readonly decidedBy?: string;
  /** What was signed; the same again is no news. */
  readonly callbackId: string;
  /** Version of the terms that the ticket system was told. */
  readonly seen: number;
  readonly at: string;
}

/**
 * A callback counts only for requests that ask this ticket system, and by their own ticket. One that was recorded
 * before, by whichever replica, and a second yes are no news.
 */
export function recordTicket(
  state: AccessApproval,
  { callbackId, decidedBy, at, ...said }: RecordTicket,
): AccessEvent | undefined {
  if ('callbacks' in state && state.callbacks.includes(callbackId)) return undefined;
  const step = stepOf(state, said.webhook);
  if (step === undefined) throw unknown();
  const fact = factOf(said, step, at);
  if (isKnownYes(state, fact)) return undefined;
  const { standing, decideBy } = requirePending(state);
  const refusal = whyNotCounted(standing, fact);
  if (refusal === 'already_approved') return undefined;
  if (refusal !== undefined) throw refused(refusal);
  requireInTime(decideBy, at);
  const { webhook, ticket, decision, seen } = said;
  return {
    type: 'TicketDecided',
    data: {
      step,
      webhook,
      ticket,
      decision,
      ...(decidedBy === undefined ? {} : { by: decidedBy }),
      callbackId,
      seen,
    },
  };
}

type Said = Pick<RecordTicket, 'webhook' | 'ticket' | 'decision' | 'seen'>;

const factOf = (
  { webhook, ticket, decision, seen }: Said,
  step: string,
  at: string,
): FactOf<'ticket'> => ({ type: 'ticket', step, webhook, ticket, decision, seen, at });

/** The step that is this ticket system's word; to all others there is no such request. */
function stepOf(state: AccessApproval, webhook: string): string | undefined {
  const asked = askedOf(state);
  return asked?.steps.find((step) => step.type === 'ticket' && step.webhook === webhook)?.name;
}

function askedOf(state: AccessApproval) {
  if (state.status === 'validated')
    return state.approval.type === 'steps' ? state.approval : undefined;
  return 'standing' in state ? state.standing.asked.requirement : undefined;
}

function isKnownYes(state: AccessApproval, fact: FactOf<'ticket'>): boolean {
  if (state.status !== 'closed' || state.outcome !== 'approved') return false;
  return state.standing !== undefined && whyNotCounted(state.standing, fact) === 'already_approved';
}

const unknown = (): ApprovalRefused =>
  new ApprovalRefused('approval_unknown', 'there is no access request with this id that asks you');

function refused(refusal: StepRefusal): ApprovalRefused {
  const code = isAboutIt(refusal) ? refusal : 'request_not_pending';
  return new ApprovalRefused(code, words[code]);
}

const isAboutIt = (refusal: StepRefusal): refusal is keyof typeof words & StepRefusal =>
  Object.hasOwn(words, refusal);

const words = {
  ticket_wrong: 'the access request names another ticket, or none',
  terms_changed: 'an approver gave less than was told in "seen"; look at the newest message',
  step_not_open: 'other steps come first; say it again when the message says that yours is open',
  request_not_pending: 'the access request is decided already',
} satisfies Partial<Record<ApprovalRefusal, string>>;
