import type { AccessEvent, AccessEventData, AccessEventType } from '@drawbridge/contracts';
import {
  beginApproval,
  continueStanding,
  factOfEvent,
  foldRounds,
  noRounds,
  roundOf,
} from '@drawbridge/scope';
import type { AccessGrant } from './access-grant-state.js';
import { evolveExtension } from './extension-state.js';

type DataByType = { readonly [Type in AccessEventType]: AccessEventData<Type> };
type Changes = {
  readonly [Type in AccessEventType]: (
    state: AccessGrant,
    data: DataByType[Type],
    at: string,
  ) => AccessGrant;
};

/** Folds one more event. What is closed stays closed, and nothing is granted that was not validated. */
export function evolve(state: AccessGrant, event: AccessEvent, at = ''): AccessGrant {
  const next = changeBy(state, event, at);
  if (state.status !== 'granted' || next.status !== 'granted') return next;
  return evolveExtension({ ...next, ...roundsAfter(next, event) }, event, at);
}

function roundsAfter(
  { rounds: before, endsAt }: Granted,
  event: AccessEvent,
): Pick<Granted, 'rounds' | 'endsAt'> {
  const rounds = foldRounds(before, event);
  return { rounds, endsAt: rounds.grant?.endsAt ?? endsAt };
}

const changeBy = <Type extends AccessEventType>(
  state: AccessGrant,
  { type, data }: { readonly type: Type; readonly data: DataByType[Type] },
  at: string,
): AccessGrant => changes[type](state, data, at);

type Granted = Extract<AccessGrant, { status: 'granted' }>;

/** What somebody said, with what counts by it: terms only ever shrink. */
function say(state: AccessGrant, event: AccessEvent, at: string): AccessGrant {
  // What is said to an extension is not said to the request.
  const fact = roundOf(event) === 1 ? factOfEvent(event, at) : undefined;
  if (state.status !== 'pending' || state.standing === undefined || fact === undefined)
    return state;
  const standing = continueStanding(state.standing, fact);
  const { rules, durationSeconds } = standing.terms;
  const terms = { ...state.terms, rules: [...rules], durationSeconds };
  return { ...state, standing, terms, isVoided: state.isVoided || fact.type === 'voided' };
}

/** Where humans are not asked in steps, one no has always been enough, whoever it was. */
const isFinalNo = (approval: { readonly type: string }): boolean => approval.type !== 'steps';

const closed: AccessGrant = { status: 'closed' };

/** A grant that is open needs an end of its own, or nobody would record it. */
const closeUnlessGranted = (state: AccessGrant): AccessGrant =>
  state.status === 'granted' ? state : closed;

const changes: Changes = {
  AccessRequested: (state, { requester, request, proof, behalf }, at) =>
    state.status === 'absent'
      ? {
          status: 'requested',
          requester,
          request,
          requestedAt: at,
          ...(proof && { proof }),
          ...(behalf && { behalf }),
        }
      : state,
  AccessRequestWithdrawn: (state, { by }) =>
    state.status === 'granted' ? { ...state, withdrawnBy: by } : closed,
  AccessRequestValidated: (
    state,
    { policy, requester, terms, approval, risk, autoApproved, resolved, behalfPolicy },
    at,
  ) =>
    state.status === 'requested'
      ? {
          status: 'pending',
          request: state.request,
          policy,
          requester,
          terms,
          approval,
          risk,
          ...(autoApproved !== undefined && { autoApproved }),
          ...(resolved && { resolved }),
          ...(state.behalf && { behalf: state.behalf }),
          ...(behalfPolicy && { behalfPolicy }),
          validatedAt: at,
          isAsked: false,
          isApproved: false,
          isRefused: false,
          isVoided: false,
          ...(approval.type === 'none'
            ? {}
            : { standing: beginApproval({ approval, requester, terms, at }) }),
        }
      : state,
  AccessRequestDenied: closeUnlessGranted,
  ApprovalRequested: (state) => (state.status === 'pending' ? { ...state, isAsked: true } : state),
  ApprovalGiven: (state, data, at) => say(state, { type: 'ApprovalGiven', data }, at),
  ApprovalDenied: (state, data, at) => {
    const said = say(state, { type: 'ApprovalDenied', data }, at);
    return said.status === 'pending' && isFinalNo(said.approval)
      ? { ...said, isRefused: true }
      : said;
  },
  ApprovalVoided: (state, data, at) => say(state, { type: 'ApprovalVoided', data }, at),
  TicketDecided: (state, data, at) => say(state, { type: 'TicketDecided', data }, at),
  // Nobody's say depends on it.
  ApprovalReminded: (state) => state,
  ApprovalEscalated: (state, data, at) => say(state, { type: 'ApprovalEscalated', data }, at),
  QuestionAsked: (state) => state,
  QuestionAnswered: (state) => state,
  AccessRequestApproved: (state) =>
    state.status === 'pending' ? { ...state, isApproved: true } : state,
  AccessRequestRejected: closeUnlessGranted,
  AccessRequestLapsed: closeUnlessGranted,
  GrantIssued: (state, data, issuedAt) => {
    const { grantId, startsAt, endsAt, terms, requiredGroups } = data;
    if (state.status !== 'pending') return state;
    const { requester, request, validatedAt, policy, approval, risk } = state;
    const { standing, autoApproved, behalf, behalfPolicy } = state;
    const fixed = { requester, request, validatedAt, policy, terms, approval, risk };
    return {
      status: 'granted',
      ...fixed,
      ...(standing && { standing }),
      ...(behalf && { behalf }),
      ...(behalfPolicy && { behalfPolicy }),
      ...(autoApproved !== undefined && { autoApproved }),
      ...(requiredGroups !== undefined && { requiredGroups }),
      ...(state.resolved && { resolved: state.resolved }),
      grantId,
      issuedAt,
      startsAt,
      endsAt,
      rounds: foldRounds(noRounds, { type: 'GrantIssued', data }),
    };
  },
  RevocationOrdered: (state, { by, reason }) =>
    state.status === 'granted' && state.ordered === undefined
      ? { ...state, ordered: { by, reason } }
      : state,
  // What they mean for a grant that runs stands in its rounds.
  ExtensionRequested: (state) => state,
  ExtensionOffered: (state) => state,
  ExtensionValidated: (state) => state,
  ExtensionDenied: (state) => state,
  ExtensionApproved: (state) => state,
  ExtensionClosed: (state) => state,
  GrantExtended: (state) => state,
  GrantRevoked: () => closed,
  GrantExpired: () => closed,
  GrantEnded: () => closed,
  // What is said of it afterwards gives nothing back.
  ReviewRequested: (state) => state,
  ReviewReminded: (state) => state,
  ReviewCompleted: (state) => state,
};
