import type {
  AccessEvent,
  AccessEventData,
  AccessEventType,
  AccessStatus,
  AccessTerms,
  Cut,
  PolicyReference,
  Principal,
  Risk,
} from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';
import type { HumansRequirement } from './access-approval-state.js';

export interface GivenApproval {
  readonly approver: Principal;
  readonly via: 'slack' | 'http';
  readonly at: string;
  readonly comment?: string | undefined;
}

/** How a request ended without a grant. `by` is absent when time or policy ended it. */
export interface Ending {
  readonly at: string;
  readonly by?: Principal;
  readonly reason?: string;
}

export interface StoryGrant {
  readonly startsAt: string;
  readonly endsAt: string;
  /** Set once it was revoked or has expired. */
  readonly ended?: Ending;
}

/** What humans are told about one access request that waits, or waited, for an approval. */
export interface RequestStory {
  readonly id: string;
  readonly status: AccessStatus;
  /** Stream sequence of the newest event folded in. */
  readonly revision: number;
  readonly requester: Principal;
  readonly terms: AccessTerms;
  readonly cuts: readonly Cut[];
  readonly risk: Risk;
  readonly policy: PolicyReference;
  readonly validatedAt: string;
  readonly approval?: HumansRequirement;
  readonly decideBy?: string;
  readonly approvals: readonly GivenApproval[];
  readonly denial?: Ending;
  readonly ending?: Ending;
  readonly grant?: StoryGrant;
}

/** The story of one access request; `undefined` until policy has validated it. */
export function tellStory(events: readonly RecordedEvent<AccessEvent>[]): RequestStory | undefined {
  return events.reduce<RequestStory | undefined>(continueStory, undefined);
}

/** Folds one more event into a story. */
export function continueStory(
  story: RequestStory | undefined,
  recorded: RecordedEvent<AccessEvent>,
): RequestStory | undefined {
  if (recorded.event.type === 'AccessRequestValidated') return begin(recorded, recorded.event.data);
  if (story === undefined) return undefined;
  const { event, at, sequence } = recorded;
  return { ...story, ...changeBy(event, { story, at }), revision: sequence };
}

function begin(
  { aggregateId, sequence, at }: RecordedEvent<AccessEvent>,
  { requester, terms, cuts, risk, policy }: AccessEventData<'AccessRequestValidated'>,
): RequestStory {
  const told = { requester, terms, cuts, risk, policy, validatedAt: at, approvals: [] };
  return { id: aggregateId, status: 'requested', revision: sequence, ...told };
}

type Change = Partial<RequestStory>;

interface Told {
  readonly story: RequestStory;
  readonly at: string;
}

/** What each event adds; every type is listed, so that a new one must be judged. */
const changes: {
  readonly [Type in AccessEventType]: (data: AccessEventData<Type>, told: Told) => Change;
} = {
  AccessRequested: () => ({}),
  AccessRequestValidated: () => ({}),
  AccessRequestWithdrawn: ({ by }, { at }) => ({ status: 'withdrawn', ending: endedBy(by, at) }),
  AccessRequestDenied: ({ message }, { at }) => ({
    status: 'denied',
    ending: { at, reason: message },
  }),
  ApprovalRequested: ({ approval, decideBy }) =>
    approval.type === 'none' ? {} : { status: 'pending', approval, decideBy },
  ApprovalGiven: (given, { story, at }) => ({ approvals: [...story.approvals, { ...given, at }] }),
  ApprovalDenied: ({ approver, reason }, { at }) => ({ denial: endedBy(approver, at, reason) }),
  AccessRequestApproved: () => ({ status: 'approved' }),
  AccessRequestRejected: ({ by, reason }, { at }) => ({
    status: 'rejected',
    ending: endedBy(by, at, reason),
  }),
  AccessRequestLapsed: (_, { at }) => ({ status: 'lapsed', ending: { at } }),
  GrantIssued: ({ startsAt, endsAt }) => ({ status: 'granted', grant: { startsAt, endsAt } }),
  GrantRevoked: ({ by, reason }, { story, at }) =>
    endGrant(story, 'revoked', endedBy(by, at, reason)),
  GrantExpired: ({ endsAt }, { story }) => endGrant(story, 'expired', { at: endsAt }),
};

const changeBy = <Type extends AccessEventType>(
  { type, data }: { readonly type: Type; readonly data: AccessEventData<Type> },
  told: Told,
): Change => changes[type](data, told);

function endGrant({ grant }: RequestStory, status: 'revoked' | 'expired', ended: Ending): Change {
  return { status, ...(grant === undefined ? {} : { grant: { ...grant, ended } }) };
}

const endedBy = (by: Principal | undefined, at: string, reason?: string): Ending => ({
  at,
  ...(by === undefined ? {} : { by }),
  ...(reason === undefined ? {} : { reason }),
});
