import type { AccessEvent } from '@drawbridge/contracts';
import type { Decider } from '@drawbridge/kernel';
import { outcomeOf, windowEndMs } from '@drawbridge/scope';
import { askQuestion, type AskQuestion } from './ask-question.js';
import { initial, type AccessApproval } from './access-approval-state.js';
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
 * Whether the right humans said yes to an access request.
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
  if (state.status !== 'validated') return undefined;
  const { approval, terms } = state;
  const timeoutMs = Date.parse(at) + approval.timeoutSeconds * 1000;
  // Behind it there is nothing left that could be granted.
  const decideBy = new Date(Math.min(timeoutMs, windowEndMs(terms) ?? timeoutMs)).toISOString();
  return { type: 'ApprovalRequested', data: { approval, decideBy } };
}

function completeApproval(state: AccessApproval): AccessEvent | undefined {
  if (state.status !== 'pending' || outcomeOf(state.standing) !== 'approved') return undefined;
  const approvers = state.standing.approvals.map(({ approver }) => approver);
  return { type: 'AccessRequestApproved', data: { approvers } };
}

function rejectRequest(state: AccessApproval): AccessEvent | undefined {
  if (state.status !== 'pending' || state.denial === undefined) return undefined;
  const { by, reason } = state.denial;
  return {
    type: 'AccessRequestRejected',
    data: { ...(by === undefined ? {} : { by }), ...(reason === undefined ? {} : { reason }) },
  };
}

function lapseRequest(state: AccessApproval, at: string): AccessEvent | undefined {
  if (state.status !== 'pending' || !isOver(state.decideBy, at)) return undefined;
  // Decided in time: what is still missing is only our own next event.
  if (outcomeOf(state.standing) !== 'open') return undefined;
  return { type: 'AccessRequestLapsed', data: { decideBy: state.decideBy } };
}
