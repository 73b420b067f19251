import type { AccessEvent } from '@drawbridge/contracts';
import type { Decider } from '@drawbridge/kernel';
import { outcomeOf, windowEndMs, type AskingRequirement } from '@drawbridge/scope';
import { askQuestion, type AskQuestion } from './ask-question.js';
import {
  initial,
  pendingOf,
  type AccessApproval,
  type RunningGrant,
} from './access-approval-state.js';
import {
  denyApproval,
  giveApproval,
  voidApproval,
  type DenyApproval,
  type GiveApproval,
  type VoidApproval,
} from './decide-by-human.js';
import { evolve } from './evolve-access-approval.js';
import { isOver } from './is-over.js';
import { nudgeStep, type NudgeStep } from './nudge-step.js';
import { recordTicket, type RecordTicket } from './record-ticket.js';

type ByHumans = GiveApproval | DenyApproval | VoidApproval | AskQuestion;

/** `at` is when the command was accepted: UTC, RFC 3339. */
export type AccessApprovalCommand =
  | { readonly type: 'RequestApproval'; readonly at: string }
  | ByHumans
  | RecordTicket
  | { readonly type: 'CompleteApproval' }
  | { readonly type: 'RejectRequest' }
  | { readonly type: 'LapseRequest'; readonly at: string }
  | NudgeStep;

/**
 * Whether the right humans said yes to an access request, or to more time for its grant while that runs.
 *
 * `RequestApproval`, `CompleteApproval` and `RejectRequest` answer an event and change nothing where there
 * is nothing to do, so a redelivery in any order is harmless. Enough denials decide, also over a full quorum
 * that is not recorded as approved yet. A decision counts only before `decideBy`; from then on the request
 * may lapse, unless it was decided in time.
 */
export const accessApproval: Decider<AccessApproval, AccessApprovalCommand, AccessEvent> = {
  initial,
  evolve,
  decide: (command, state) =>
    isByHuman(command) ? decideByHuman(state, command) : react(state, command),
};

const isByHuman = (command: AccessApprovalCommand): command is ByHumans =>
  'approver' in command || 'by' in command;

function decideByHuman(state: AccessApproval, command: ByHumans): AccessEvent | undefined {
  switch (command.type) {
    case 'GiveApproval':
      return giveApproval(state, command);
    case 'DenyApproval':
      return denyApproval(state, command);
    case 'VoidApproval':
      return voidApproval(state, command);
    case 'AskQuestion':
      return askQuestion(state, command);
  }
}

/** What no human of ours says: it follows from an event, from the time, or from a ticket. */
function react(
  state: AccessApproval,
  command: Exclude<AccessApprovalCommand, ByHumans>,
): AccessEvent | undefined {
  switch (command.type) {
    case 'RequestApproval':
      return requestApproval(state, command.at);
    case 'CompleteApproval':
      return completeApproval(state);
    case 'RejectRequest':
      return rejectRequest(state);
    case 'LapseRequest':
      return lapseRequest(state, command.at);
    case 'RecordTicket':
      return recordTicket(state, command);
    case 'Remind':
    case 'Escalate':
      return nudgeStep(state, command);
  }
}

function requestApproval(state: AccessApproval, at: string): AccessEvent | undefined {
  if (state.status === 'closed') return requestExtension(state.running, at);
  if (state.status !== 'validated') return undefined;
  const { approval, terms } = state;
  // Behind it there is nothing left that could be granted.
  const decideBy = earliest(decideByMs(approval, at), windowEndMs(terms));
  return { type: 'ApprovalRequested', data: { approval, decideBy } };
}

/** Nobody decides about more time for a grant that is over. */
function requestExtension(running: RunningGrant | undefined, at: string): AccessEvent | undefined {
  const { grant, open } = running?.rounds ?? {};
  if (running?.wanted === undefined || grant === undefined || open === undefined) return undefined;
  if (isOver(grant.endsAt, at)) return undefined;
  const { approval } = running.wanted;
  const decideBy = earliest(decideByMs(approval, at), Date.parse(grant.endsAt));
  return { type: 'ApprovalRequested', data: { approval, decideBy, round: open.round } };
}

const decideByMs = ({ timeoutSeconds }: AskingRequirement, at: string): number =>
  Date.parse(at) + timeoutSeconds * 1000;

const earliest = (oneMs: number, otherMs = oneMs): string =>
  new Date(Math.min(oneMs, otherMs)).toISOString();

function completeApproval(state: AccessApproval): AccessEvent | undefined {
  const pending = pendingOf(state);
  if (pending === undefined || outcomeOf(pending.standing) !== 'approved') return undefined;
  const approvers = pending.standing.approvals.map(({ approver }) => approver);
  const { round } = pending;
  return round === undefined
    ? { type: 'AccessRequestApproved', data: { approvers } }
    : { type: 'ExtensionApproved', data: { round, approvers } };
}

function rejectRequest(state: AccessApproval): AccessEvent | undefined {
  const pending = pendingOf(state);
  if (pending?.denial === undefined) return undefined;
  const { by, reason } = pending.denial;
  const data = {
    ...(by === undefined ? {} : { by }),
    ...(reason === undefined ? {} : { reason }),
  };
  const { round } = pending;
  return round === undefined
    ? { type: 'AccessRequestRejected', data }
    : { type: 'ExtensionClosed', data: { round, outcome: 'rejected', ...data } };
}

function lapseRequest(state: AccessApproval, at: string): AccessEvent | undefined {
  const pending = pendingOf(state);
  if (pending === undefined || !isOver(pending.decideBy, at)) return undefined;
  // Decided in time: what is still missing is only our own next event.
  if (outcomeOf(pending.standing) !== 'open') return undefined;
  const { round, decideBy } = pending;
  return round === undefined
    ? { type: 'AccessRequestLapsed', data: { decideBy } }
    : { type: 'ExtensionClosed', data: { round, outcome: 'lapsed' } };
}
