import type { RecordedEvent } from '@drawbridge/kernel';
import {
  principalId,
  type AccessEvent,
  type AccessEventData,
  type AccessEventType,
  type AccessRequestView,
  type AccessStatus,
  type Principal,
} from '@drawbridge/contracts';
import { roundOf } from '@drawbridge/scope';
import { foldExtension, withGrantOver } from './extension-view.js';

type View = AccessRequestView;
type Change = Partial<Omit<View, 'id' | 'revision' | 'requester' | 'request' | 'requestedAt'>>;

const finals: ReadonlySet<AccessStatus> = new Set([
  'denied',
  'rejected',
  'lapsed',
  'withdrawn',
  'expired',
  'revoked',
]);

/** Whether nothing can happen to the request any more. */
export const isFinal = ({ status }: Pick<View, 'status'>): boolean => finals.has(status);

/**
 * Folds one more event into the view of its access request.
 *
 * An event that was folded before changes nothing. A final status stays: what another service had under way
 * at that moment may still fill in when the grant ended, but reopens nothing.
 *
 * @returns `undefined` while the request itself has not been seen
 */
export function foldAccessEvent(
  view: View | undefined,
  { event, aggregateId, sequence, at }: RecordedEvent<AccessEvent>,
): View | undefined {
  if (view === undefined) {
    if (event.type !== 'AccessRequested') return undefined;
    const { requester, request } = event.data;
    const asked = { id: aggregateId, requester, request, requestedAt: at };
    return { ...asked, status: 'requested', revision: sequence, approvals: [] };
  }
  if (sequence <= view.revision) return view;
  // What is said to an extension is not said to the request.
  const ofRequest = roundOf(event) === 1 ? changeOf(event, view, at) : extendedBy(event, view);
  const { status, refusal, ...facts } = ofRequest;
  const extension = foldExtension(view.extension, event, at);
  const wish = extension === undefined ? {} : { extension };
  const changed = { ...view, ...facts, ...wish, revision: sequence };
  if (isFinal(view)) return changed;
  return {
    ...changed,
    ...(status === undefined ? {} : { status }),
    ...(refusal === undefined ? {} : { refusal }),
  };
}

type DataByType = { readonly [Type in AccessEventType]: AccessEventData<Type> };
type Changes = {
  readonly [Type in AccessEventType]: (data: DataByType[Type], view: View, at: string) => Change;
};

function changeOf<Type extends AccessEventType>(
  { type, data }: { readonly type: Type; readonly data: DataByType[Type] },
  view: View,
  at: string,
): Change {
  return changes[type](data, view, at);
}

const extendedBy = ({ type, data }: AccessEvent, { grant }: View): Change =>
  type === 'GrantExtended' && grant !== undefined
    ? { grant: { ...grant, endsAt: data.endsAt } }
    : {};

const nothing = (): Change => ({});

/** What each event changes in the view. */
const changes: Changes = {
  AccessRequested: () => ({}),
  AccessRequestWithdrawn: () => ({ status: 'withdrawn' }),
  AccessRequestValidated: ({
    autoApproved,
    facts,
    alternative,
    resolved,
    behalfPolicy,
    ...validated
  }) => {
    const { policy, terms, cuts, risk, approval } = validated;
    const status = approval.type === 'none' ? 'approved' : 'pending';
    const found = {
      ...(autoApproved === undefined ? {} : { autoApproved }),
      ...(facts === undefined ? {} : { facts }),
      ...(alternative === undefined ? {} : { alternative }),
      ...(resolved === undefined ? {} : { resolved }),
      ...(behalfPolicy === undefined ? {} : { behalfPolicy }),
    };
    return { policy, terms, cuts, risk, ...found, approval, status };
  },
  AccessRequestDenied: ({ policy, code, message, suggestion, alternative }) => ({
    status: 'denied',
    refusal: { code, message, ...(suggestion === undefined ? {} : { suggestion }) },
    ...(policy === undefined ? {} : { policy }),
    ...(alternative === undefined ? {} : { alternative }),
  }),
  ApprovalRequested: ({ approval, decideBy }) => ({ approval, decideBy, status: 'pending' }),
  ApprovalGiven: ({ approver, via }, { approvals }, at) => ({
    approvals: [...approvals, { approver: nameOf(approver), via, at }],
  }),
  ApprovalDenied: () => ({}),
  ApprovalVoided: ({ approver }, { approvals }) => ({
    approvals: approvals.filter((given) => given.approver !== nameOf(approver)),
  }),
  ApprovalReminded: ({ step }, _, at) => ({ reminded: { step, at } }),
  ApprovalEscalated: ({ step }, { escalations = [] }, at) => ({
    escalations: [...escalations, { step, at }],
  }),
  TicketDecided: ({ webhook, ticket, decision, by }, { tickets = [] }, at) => ({
    tickets: [...tickets, { webhook, ticket, decision, ...(by === undefined ? {} : { by }), at }],
  }),
  QuestionAsked: ({ questionId, by, text }, { questions = [] }, at) =>
    questions.some(({ id }) => id === questionId)
      ? {}
      : { questions: [...questions, { id: questionId, by: nameOf(by), text, askedAt: at }] },
  QuestionAnswered: ({ questionId, text }, { questions = [] }, at) => ({
    questions: questions.map((asked) =>
      asked.id === questionId && asked.answer === undefined
        ? { ...asked, answer: { text, at } }
        : asked,
    ),
  }),
  AccessRequestApproved: () => ({ status: 'approved' }),
  AccessRequestRejected: ({ by, reason }) => {
    const why = reason === undefined ? '' : `: ${reason}`;
    const who = by === undefined ? 'a ticket system' : nameOf(by);
    const message = `${who} rejected the access request${why}`;
    return { status: 'rejected', refusal: { code: 'access_request_rejected', message } };
  },
  AccessRequestLapsed: ({ decideBy }) => ({
    status: 'lapsed',
    refusal: {
      code: 'access_request_lapsed',
      message: `nobody decided before ${decideBy}`,
      suggestion: 'Ask again when an approver is available.',
    },
  }),
  GrantIssued: ({ grantId, startsAt, endsAt, policy, terms }) => ({
    status: 'granted',
    grant: { id: grantId, startsAt, endsAt },
    policy,
    terms,
  }),
  // They are told of as the extension.
  ExtensionRequested: nothing,
  ExtensionOffered: nothing,
  ExtensionValidated: nothing,
  ExtensionDenied: nothing,
  ExtensionApproved: nothing,
  ExtensionClosed: nothing,
  GrantExtended: nothing,
  // The end that it orders follows at once.
  RevocationOrdered: () => ({}),
  GrantRevoked: ({ reason }, { grant }, at) => ({
    status: 'revoked',
    refusal: { code: 'grant_revoked', message: reason },
    ...endOf(grant, at),
  }),
  GrantExpired: ({ endsAt }, { grant }) => ({ status: 'expired', ...endOf(grant, endsAt) }),
  ReviewRequested: ({ dueBy }) => ({ review: { dueBy } }),
  ReviewReminded: () => ({}),
  ReviewCompleted: ({ by, verdict, note }, { review }) =>
    review === undefined
      ? {}
      : { review: { ...review, completed: { by: nameOf(by), verdict, note } } },
  GrantEnded: ({ cause }, { grant }, at) => ({
    status: 'expired',
    refusal: endedEarly[cause],
    ...endOf(grant, at),
  }),
};

/** Why a grant was over before its time, by its own terms. */
const endedEarly: Readonly<
  Record<AccessEventData<'GrantEnded'>['cause'], NonNullable<View['refusal']>>
> = {
  used_up: { code: 'grant_used_up', message: 'the grant was used as often as it allowed' },
  idle: {
    code: 'grant_idle',
    message: 'the grant was not used for as long as it allowed',
    suggestion: 'Ask again when you need it.',
  },
};

const endOf = (grant: View['grant'], endedAt: string): Change =>
  grant === undefined ? {} : { grant: { ...grant, endedAt: grant.endedAt ?? endedAt } };

const nameOf = (principal: Principal): string => principal.email ?? principalId(principal);

/**
 * The view as it stands at `now`: the proxy closes a grant at its end by its own clock, before the event that
 * records it.
 */
export function asOf(view: View, now: Date): View {
  const { grant, status, extension } = view;
  if (status !== 'granted' || grant === undefined || now < new Date(grant.endsAt)) return view;
  const wish = extension === undefined ? {} : { extension: withGrantOver(extension) };
  return { ...view, ...wish, status: 'expired', grant: { ...grant, endedAt: grant.endsAt } };
}
