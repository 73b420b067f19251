import type { AccessEvent, ApprovalRequirement, Risk } from '@drawbridge/contracts';
import { beginApproval, continueStanding, factOfEvent, roundOf } from '@drawbridge/scope';
import type { Standing } from '@drawbridge/scope';
import type { AccessGrant } from './access-grant-state.js';

/** More time that policy would give, and what humans have said to it so far. */
export interface ValidatedExtension {
  readonly round: number;
  readonly seconds: number;
  /** Of the policies by which it was judged. */
  readonly policyVersion: string;
  readonly approval: ApprovalRequirement;
  readonly risk: Risk;
  /** The rule by which nobody was asked. */
  readonly autoApproved?: string;
  readonly validatedAt: string;
  /** Absent when nobody is asked. */
  readonly standing?: Standing;
  /** The approval service says the quorum is reached. Not believed. */
  readonly isApproved: boolean;
  readonly isVoided: boolean;
}

type Granted = Extract<AccessGrant, { status: 'granted' }>;

/** What an event means for the round that is open; the others change nothing. */
export const evolveExtension = (state: Granted, event: AccessEvent, at: string): Granted =>
  event.type === 'GrantExtended'
    ? extendedBy(state, event.data.round)
    : continueExtension(state, event, at);

function continueExtension(state: Granted, event: AccessEvent, at: string): Granted {
  const { open } = state.rounds;
  if (event.type === 'ExtensionRequested' || event.type === 'ExtensionOffered') {
    return open?.round === event.data.round && state.extension === undefined
      ? { ...state, extensionAskedAt: at }
      : state;
  }
  if (open === undefined) return withoutExtension(state);
  if (roundOf(event) !== open.round) return state;
  if (event.type === 'ExtensionValidated') return validated(state, event, at);
  const { extension } = state;
  return extension === undefined ? state : { ...state, extension: heard(extension, event, at) };
}

/** Who gave the time stays known, for as long as the grant runs. */
function extendedBy(state: Granted, round: number): Granted {
  const { extension } = state;
  if (extension?.round !== round) return state;
  const { approval, standing } = extension;
  const next = withoutExtension(state);
  if (standing === undefined) return next;
  return { ...next, extendedBy: [...(next.extendedBy ?? []), { approval, standing }] };
}

function heard(extension: ValidatedExtension, event: AccessEvent, at: string): ValidatedExtension {
  if (event.type === 'ExtensionApproved') return { ...extension, isApproved: true };
  const fact = factOfEvent(event, at);
  if (extension.standing === undefined || fact === undefined) return extension;
  return {
    ...extension,
    standing: continueStanding(extension.standing, fact),
    isVoided: extension.isVoided || fact.type === 'voided',
  };
}

function validated(
  state: Granted,
  { data }: Extract<AccessEvent, { type: 'ExtensionValidated' }>,
  at: string,
): Granted {
  if (state.extension !== undefined) return state;
  const { round, seconds, approval, risk, autoApproved } = data;
  const policyVersion = data.policy.version;
  const { requester, terms } = state;
  const wanted = { ...terms, durationSeconds: seconds };
  const standing =
    approval.type === 'none'
      ? undefined
      : beginApproval({ approval, requester, terms: wanted, at, isExtension: true });
  const extension = {
    ...{ round, seconds, policyVersion, approval, risk },
    ...{ validatedAt: at, isApproved: false, isVoided: false },
    ...(autoApproved !== undefined && { autoApproved }),
    ...(standing !== undefined && { standing }),
  };
  return { ...state, extension };
}

function withoutExtension({ extension, ...state }: Granted): Granted {
  return extension === undefined ? state : { ...state };
}
