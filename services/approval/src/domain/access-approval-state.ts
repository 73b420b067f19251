import type { ApprovalRequirement, Principal } from '@drawbridge/contracts';

/** An approval requirement that asks for humans. */
export type HumansRequirement = Extract<ApprovalRequirement, { type: 'humans' }>;

export interface Denial {
  readonly by: Principal;
  readonly reason?: string;
}

/** A request that waits for humans. */
export interface PendingApproval {
  readonly status: 'pending';
  readonly requester: Principal;
  readonly approval: HumansRequirement;
  readonly decideBy: string;
  readonly approvals: readonly Principal[];
  /** Set from the first denial on: nothing but the rejection can follow. */
  readonly denial?: Denial;
}

/** `unneeded`: policy asks for no human. */
export type ClosedOutcome =
  'approved' | 'rejected' | 'lapsed' | 'withdrawn' | 'denied' | 'unneeded';

/** What approval knows of one access request: the fold of its events. A closed one stays closed. */
export type AccessApproval =
  | { readonly status: 'absent' | 'requested' }
  | {
      readonly status: 'validated';
      readonly requester: Principal;
      readonly approval: HumansRequirement;
    }
  | PendingApproval
  | {
      readonly status: 'closed';
      readonly outcome: ClosedOutcome;
      readonly approvals: readonly Principal[];
      readonly denial?: Denial;
    };

export const initial: AccessApproval = { status: 'absent' };
