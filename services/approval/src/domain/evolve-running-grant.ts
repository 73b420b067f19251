import type { AccessEvent, AccessEventData } from '@drawbridge/contracts';
import { beginApproval, foldRounds, noRounds, roundOf } from '@drawbridge/scope';
import type { RunningGrant } from './access-approval-state.js';
import { hear } from './evolve-pending-approval.js';

/** The grant that runs after an event, with the extension that is open; `undefined` once it has ended. */
export function evolveRunningGrant(
  running: RunningGrant | undefined,
  event: AccessEvent,
  at: string,
): RunningGrant | undefined {
  if (event.type === 'GrantIssued') return issued(event);
  if (running === undefined) return undefined;
  const rounds = foldRounds(running.rounds, event);
  if (rounds.grant === undefined) return undefined;
  const { open } = rounds;
  if (open === undefined || rounds.isEnding) return withoutRound({ ...running, rounds });
  const next = { ...running, rounds };
  if (event.type === 'QuestionAsked') return asked(next, event);
  return roundOf(event) === open.round ? heard(next, event, at) : next;
}

function issued(event: Extract<AccessEvent, { type: 'GrantIssued' }>): RunningGrant {
  const { grantee, terms } = event.data;
  return { requester: grantee, terms, rounds: foldRounds(noRounds, event) };
}

function withoutRound({ requester, terms, rounds, approved }: RunningGrant): RunningGrant {
  return { requester, terms, rounds, ...(approved === undefined ? {} : { approved }) };
}

function heard(running: RunningGrant, event: AccessEvent, at: string): RunningGrant {
  if (event.type === 'ExtensionValidated') return validated(running, event.data);
  if (event.type === 'ApprovalRequested') return askedHumans(running, event.data, at);
  const { pending } = running;
  if (pending === undefined) return running;
  if (event.type === 'ExtensionApproved') {
    return { ...running, approved: { round: event.data.round, standing: pending.standing } };
  }
  const next = hear(pending, event, at);
  const { approved } = running;
  if (approved === undefined || approved.round !== next.round) return { ...running, pending: next };
  return { ...running, pending: next, approved: { ...approved, standing: next.standing } };
}

const asked = (
  { pending, ...running }: RunningGrant,
  event: Extract<AccessEvent, { type: 'QuestionAsked' }>,
): RunningGrant =>
  pending === undefined ? running : { ...running, pending: hear(pending, event, '') };

function validated(
  running: RunningGrant,
  { approval, seconds }: AccessEventData<'ExtensionValidated'>,
): RunningGrant {
  const isKnown = running.pending !== undefined || running.wanted !== undefined;
  if (isKnown || approval.type === 'none') return running;
  return { ...running, wanted: { approval, seconds } };
}

function askedHumans(
  { wanted, ...running }: RunningGrant,
  { approval, decideBy, round }: AccessEventData<'ApprovalRequested'>,
  at: string,
): RunningGrant {
  if (wanted === undefined || approval.type === 'none' || round === undefined) return running;
  const { requester } = running;
  const terms = { ...running.terms, durationSeconds: wanted.seconds };
  const standing = beginApproval({ approval, requester, terms, at, isExtension: true });
  const counted = { standing, takenBack: 0, questions: [] };
  return { ...running, pending: { status: 'pending', round, approval, decideBy, ...counted } };
}
