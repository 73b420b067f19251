import {
  principalId,
  type AccessEvent,
  type AccessEventData,
  type AccessEventType,
  type AccessStatus,
  type AccessTerms,
  type Alternative,
  type ConditionFact,
  type ApprovedVia,
  type Cut,
  type PolicyReference,
  type Principal,
  type ResolvedNames,
  type ReviewVerdict,
  type Risk,
} from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';
import {
  beginApproval,
  continueStanding,
  factOfEvent,
  roundOf,
  type AskingRequirement,
  type Standing,
} from '@drawbridge/scope';
import { ticketWords } from './ticket-words.js';
import { continueExtensions, type ExtensionStory } from './extension-story.js';

export interface GivenApproval {
  readonly approver: Principal;
  readonly via: ApprovedVia;
  readonly at: string;
  readonly comment?: string | undefined;
  readonly step?: string | undefined;
  /** The approver gave less than they were shown. */
  readonly narrow?: AccessEventData<'ApprovalGiven'>['narrow'];
  /** From here on it counts no more. */
  readonly voided?: {
    readonly at: string;
    readonly reason: AccessEventData<'ApprovalVoided'>['reason'];
  };
}

/** How a request ended without a grant. `by` is absent when time or policy ended it. */
export interface Ending {
  readonly at: string;
  readonly by?: Principal;
  readonly reason?: string;
}

export interface StoryQuestion {
  readonly id: string;
  readonly by: Principal;
  readonly via: 'slack' | 'http';
  readonly text: string;
  readonly at: string;
  /** The requester's, once they have answered. */
  readonly answer?: { readonly text: string; readonly at: string };
}

/** A ticket system's word. */
export interface TicketWord extends Omit<AccessEventData<'TicketDecided'>, 'callbackId' | 'seen'> {
  readonly at: string;
}

export interface StoryGrant {
  readonly id: string;
  readonly startsAt: string;
  readonly endsAt: string;
  /** Set once it was revoked or has expired. */
  readonly ended?: Ending;
}

/** What is said afterwards of a grant that nobody approved before. */
export interface StoryReview {
  readonly groups: readonly string[];
  readonly askedAt: string;
  readonly dueBy: string;
  readonly reminders: number;
  readonly completed?: {
    readonly by: Principal;
    readonly via: 'slack' | 'http';
    readonly verdict: ReviewVerdict;
    readonly note: string;
    readonly at: string;
  };
}

/** What humans are told about one access request that waits, or waited, for an approval. */
export interface RequestStory {
  readonly id: string;
  readonly status: AccessStatus;
  /** Stream sequence of the newest event folded in. */
  readonly revision: number;
  readonly requester: Principal;
  /** As validated, or as approvers have narrowed them since. */
  readonly terms: AccessTerms;
  readonly cuts: readonly Cut[];
  /** What the selectors and patterns of the request stood for. */
  readonly resolved?: readonly ResolvedNames[];
  readonly risk: Risk;
  /** What was found of the conditions under which nobody would have been asked. */
  readonly facts?: readonly ConditionFact[];
  /** Something narrower for which nobody would have been asked. */
  readonly alternative?: Alternative;
  readonly policy: PolicyReference;
  readonly validatedAt: string;
  readonly approval?: AskingRequirement;
  /** What counts so far; absent until humans are asked. */
  readonly standing?: Standing;
  readonly decideBy?: string;
  readonly approvals: readonly GivenApproval[];
  /** What ticket systems said, as far as it counted; oldest first. */
  readonly tickets: readonly TicketWord[];
  readonly denials: readonly Ending[];
  /** The one that decided. */
  readonly denial?: Ending;
  readonly ending?: Ending;
  /** What was asked of the requester, oldest first. */
  readonly questions: readonly StoryQuestion[];
  readonly grant?: StoryGrant;
  /** Only where nobody approved before, once the grant has ended. */
  readonly review?: StoryReview;
  /** More time that was asked for while the grant ran, the oldest first. */
  readonly extensions?: readonly ExtensionStory[];
  /** Set where this is not about the request itself but about more time for its grant: see `roundNow`. */
  readonly extends?: ExtensionStory;
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
  const extensions = continueExtensions(story, recorded);
  const known = extensions.length === 0 ? story : { ...story, extensions };
  // What is said to an extension is not said to the request.
  if (roundOf(event) !== 1) return { ...known, ...extendedBy(known, event), revision: sequence };
  const counted = count(known, recorded);
  const newer = { ...known, ...counted };
  return { ...newer, ...changeBy(event, { story: newer, at }), revision: sequence };
}

function extendedBy({ grant }: RequestStory, event: AccessEvent): Change {
  if (event.type !== 'GrantExtended' || grant === undefined) return {};
  return { grant: { ...grant, endsAt: event.data.endsAt } };
}

/** What the event changes in what counts, and in the terms by it. */
function count(
  { requester, terms, standing }: RequestStory,
  { event, at }: RecordedEvent<AccessEvent>,
): Change {
  if (event.type === 'ApprovalRequested' && event.data.approval.type !== 'none') {
    const { approval } = event.data;
    return { standing: beginApproval({ approval, requester, terms, at }) };
  }
  const fact = factOfEvent(event, at);
  if (standing === undefined || fact === undefined) return {};
  const next = continueStanding(standing, fact);
  const { rules, durationSeconds } = next.terms;
  return { standing: next, terms: { ...terms, rules: [...rules], durationSeconds } };
}

function begin(
  { aggregateId, sequence, at }: RecordedEvent<AccessEvent>,
  data: AccessEventData<'AccessRequestValidated'>,
): RequestStory {
  const { requester, terms, cuts, risk, policy, facts, alternative, resolved } = data;
  const told = {
    requester,
    terms,
    cuts,
    risk,
    ...(facts === undefined ? {} : { facts }),
    ...(alternative === undefined ? {} : { alternative }),
    ...(resolved === undefined ? {} : { resolved }),
    policy,
    validatedAt: at,
    approvals: [],
    tickets: [],
    denials: [],
    questions: [],
  };
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
  ApprovalGiven: (data, { story, at }) => ({
    approvals: approvalsAfter(story.approvals, { type: 'ApprovalGiven', data }, at),
  }),
  ApprovalDenied: ({ approver, reason }, { story, at }) =>
    deny(story, endedBy(approver, at, reason)),
  ApprovalVoided: (data, { story, at }) => ({
    approvals: approvalsAfter(story.approvals, { type: 'ApprovalVoided', data }, at),
  }),
  // What they change stands in the standing.
  ApprovalReminded: () => ({}),
  ApprovalEscalated: () => ({}),
  TicketDecided: (said, { story, at }) => ticketSaid(story, said, at),
  QuestionAsked: ({ questionId: id, by, via, text }, { story: { questions }, at }) =>
    questions.some((asked) => asked.id === id)
      ? {}
      : { questions: [...questions, { id, by, via, text, at }] },
  QuestionAnswered: ({ questionId, text }, { story, at }) => ({
    questions: story.questions.map((asked) =>
      asked.id === questionId && asked.answer === undefined
        ? { ...asked, answer: { text, at } }
        : asked,
    ),
  }),
  AccessRequestApproved: () => ({ status: 'approved' }),
  AccessRequestRejected: ({ by, reason }, { at }) => ({
    status: 'rejected',
    ending: endedBy(by, at, reason),
  }),
  AccessRequestLapsed: (_, { at }) => ({ status: 'lapsed', ending: { at } }),
  GrantIssued: ({ grantId, terms, startsAt, endsAt }) => ({
    status: 'granted',
    terms,
    grant: { id: grantId, startsAt, endsAt },
  }),
  // They are told of as extensions.
  ExtensionRequested: () => ({}),
  ExtensionOffered: () => ({}),
  ExtensionValidated: () => ({}),
  ExtensionDenied: () => ({}),
  ExtensionApproved: () => ({}),
  ExtensionClosed: () => ({}),
  GrantExtended: () => ({}),
  // What it comes to follows at once.
  RevocationOrdered: () => ({}),
  ReviewRequested: ({ groups, dueBy }, { story: { review }, at }) => ({
    review: review ?? { groups, askedAt: at, dueBy, reminders: 0 },
  }),
  ReviewReminded: ({ count: reminders }, { story: { review } }) =>
    review === undefined ? {} : { review: { ...review, reminders } },
  ReviewCompleted: (said, { story: { review }, at }) =>
    review === undefined ? {} : { review: { ...review, completed: { ...said, at } } },
  GrantRevoked: ({ by, reason }, { story, at }) =>
    endGrant(story, 'revoked', endedBy(by, at, reason)),
  GrantExpired: ({ endsAt }, { story }) => endGrant(story, 'expired', { at: endsAt }),
  GrantEnded: ({ cause }, { story, at }) =>
    endGrant(story, 'expired', { at, reason: endedByTerms[cause] }),
};

const endedByTerms: Readonly<Record<AccessEventData<'GrantEnded'>['cause'], string>> = {
  used_up: 'used as often as it allowed',
  idle: 'not used for as long as it allowed',
};

const changeBy = <Type extends AccessEventType>(
  { type, data }: { readonly type: Type; readonly data: AccessEventData<Type> },
  told: Told,
): Change => changes[type](data, told);

/** Who approved, after somebody did or counts no more. */
export function approvalsAfter(
  approvals: readonly GivenApproval[],
  { type, data }: Extract<AccessEvent, { type: 'ApprovalGiven' | 'ApprovalVoided' }>,
  at: string,
): readonly GivenApproval[] {
  if (type === 'ApprovalGiven') return [...approvals, { ...data, at }];
  const { approver, reason } = data;
  return approvals.map((given) =>
    isCounted(given) && principalId(given.approver) === principalId(approver)
      ? { ...given, voided: { at, reason } }
      : given,
  );
}

/** Whether an approval was not taken away again. */
export const isCounted = ({ voided }: GivenApproval): boolean => voided === undefined;

/** The one that completes what is wanted decides; most often that is the first of all. */
function deny({ denials, denial, standing }: RequestStory, by: Ending): Change {
  const isDecided = denial === undefined && standing?.isDenied === true;
  return { denials: [...denials, by], ...(isDecided ? { denial: by } : {}) };
}

/** A no of a ticket system decides at once. */
function ticketSaid(
  story: RequestStory,
  { step, webhook, ticket, decision, by }: AccessEventData<'TicketDecided'>,
  at: string,
): Change {
  const said = { step, webhook, ticket, decision, ...(by === undefined ? {} : { by }), at };
  const tickets = [...story.tickets, said];
  if (decision === 'approved') return { tickets };
  return { tickets, ...deny(story, { at, reason: ticketWords(said) }) };
}

function endGrant({ grant }: RequestStory, status: 'revoked' | 'expired', ended: Ending): Change {
  return { status, ...(grant === undefined ? {} : { grant: { ...grant, ended } }) };
}

const endedBy = (by: Principal | undefined, at: string, reason?: string): Ending => ({
  at,
  ...(by === undefined ? {} : { by }),
  ...(reason === undefined ? {} : { reason }),
});
