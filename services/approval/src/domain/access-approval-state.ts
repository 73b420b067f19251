import type { AccessTerms, Principal } from '@drawbridge/contracts';
import type { AskingRequirement, ExtensionRounds, Standing } from '@drawbridge/scope';

export interface Denial {
  /** Absent: a ticket system; the reason says which. */
  readonly by?: Principal;
  readonly reason?: string;
}

/** A request that waits for humans. */
export interface PendingApproval {
  readonly status: 'pending';
  /** Of an extension; absent: it is about the request itself. */
  readonly round?: number;
  readonly approval: AskingRequirement;
  readonly decideBy: string;
  /** What counts so far. */
  readonly standing: Standing;
  /** The one that decided; nothing but the rejection can follow. */
  readonly denial?: Denial;
  /** How often an approver took their approval back. */
  readonly takenBack: number;
  /** Ids of what was asked of the requester. */
  readonly questions: readonly string[];
  /** What ticket systems have signed that was recorded; absent: nothing. */
  readonly callbacks?: readonly string[];
}

/** A grant that runs, and what is asked about it. */
export interface RunningGrant {
  readonly requester: Principal;
  readonly terms: AccessTerms;
  readonly rounds: ExtensionRounds;
  /** Policy would give more time, if humans say yes, who are not asked yet. */
  readonly wanted?: { readonly approval: AskingRequirement; readonly seconds: number };
  readonly pending?: PendingApproval;
  /** The newest extension that humans have said yes to. */
  readonly approved?: { readonly round: number; readonly standing: Standing };
}

/** `unneeded`: policy asks for no human. */
export type ClosedOutcome =
  'approved' | 'rejected' | 'lapsed' | 'withdrawn' | 'denied' | 'unneeded';

/** Nothing is left to ask; an approval may still lose its say until `isSettled`. */
export interface ClosedApproval {
  readonly status: 'closed';
  readonly outcome: ClosedOutcome;
  /** Absent when nobody was asked. */
  readonly standing?: Standing;
  /** What came of an approved request stands: its grant, or why there is none. */
  readonly isSettled: boolean;
  readonly callbacks?: readonly string[];
  /** While its grant runs. */
  readonly running?: RunningGrant;
}

/** What approval knows of one access request: the fold of its events. A closed one stays closed. */
export type AccessApproval =
  | { readonly status: 'absent' | 'requested' }
  | {
      readonly status: 'validated';
      readonly requester: Principal;
      readonly terms: AccessTerms;
      readonly approval: AskingRequirement;
    }
  | PendingApproval
  | ClosedApproval;

export const initial: AccessApproval = { status: 'absent' };

/** What waits for humans: the request, or the extension of its grant; not once they have said yes. */
export function pendingOf(state: AccessApproval): PendingApproval | undefined {
  if (state.status === 'pending') return state;
  const running = state.status === 'closed' ? state.running : undefined;
  return running?.approved?.round === running?.pending?.round ? undefined : running?.pending;
}
