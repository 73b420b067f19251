import {
  approverGroupsOf,
  endsGrant,
  type AccessEvent,
  type AccessEventData,
  type ApprovalRequirement,
  type Principal,
} from '@drawbridge/contracts';
import { AppError, type Decider } from '@drawbridge/kernel';
import { behalfOf, isSameHuman, likenessTo } from '@drawbridge/scope';

/** Why a grant is not revoked. Closed list; each stands in `docs/errors.md`. */
export type RevocationRefusal = 'approval_unknown' | 'revocation_not_allowed' | 'grant_not_open';

/** A human's order is refused; nothing was appended. The message may be shown to that human. */
export class RevocationRefused extends AppError<RevocationRefusal> {}

/** `at` is when the command was accepted: UTC, RFC 3339. */
export interface OrderRevocation {
  readonly type: 'OrderRevocation';
  readonly by: Principal;
  readonly via: 'slack' | 'http';
  readonly reason: string;
  /** Judged by who calls, since it is a matter of configuration. */
  readonly isAdmin: boolean;
  readonly at: string;
}

/** What matters of a request to whoever wants to end what came of it. */
export interface RevocableGrant {
  readonly requester?: Principal;
  readonly approval: ApprovalRequirement;
  /** Groups that are told of it because nobody approved it before. */
  readonly told?: readonly string[];
  readonly onBehalfOf?: Principal;
  /** Absent while there is none, and when it has ended. */
  readonly grant?: { readonly endsAt: string; readonly approvers: readonly Principal[] };
  readonly isOrdered: boolean;
}

export const noGrant: RevocableGrant = { approval: { type: 'none' }, isOrdered: false };

/**
 * Whether the grant of a request is to end: one order is enough, whoever of those who may gives it. What is
 * appended ends it at the gateway already; policy records the end.
 */
export const revocation: Decider<RevocableGrant, OrderRevocation, AccessEvent> = {
  initial: noGrant,
  evolve: evolveRevocable,
  decide: ({ by, via, reason, isAdmin, at }, state) => {
    if (state.requester === undefined) {
      throw new RevocationRefused('approval_unknown', 'there is no access request with this id');
    }
    if (!isAdmin && !mayRevoke(by, state)) throw notAllowed();
    if (state.grant === undefined || Date.parse(at) >= Date.parse(state.grant.endsAt)) {
      throw new RevocationRefused('grant_not_open', 'no grant of this request is open');
    }
    if (state.isOrdered) return undefined;
    return { type: 'RevocationOrdered', data: { by, via, reason } };
  },
};

const notAllowed = (): RevocationRefused =>
  new RevocationRefused(
    'revocation_not_allowed',
    'a grant is revoked by those who may approve it or have, by the owner or sponsor of its agent, by the human on whose behalf it was asked, or by an administrator',
  );

/** Nobody gets anything by it, so that the owner may, and in doubt who somebody is, they are not. */
export function mayRevoke(human: Principal, state: RevocableGrant): boolean {
  if (human.kind !== 'human') return false;
  const { requester, approval, told = [], grant, onBehalfOf } = state;
  const groups = [...approverGroupsOf(approval), ...told];
  const parties = [...(grant?.approvers ?? []), ...(onBehalfOf === undefined ? [] : [onBehalfOf])];
  return (
    human.groups.some((group) => groups.includes(group)) ||
    parties.some((party) => isSameHuman(party, human)) ||
    [requester?.owner, requester?.sponsor].some((name) => likenessTo(human, name ?? '') === 'same')
  );
}

/** Folds one more event. */
export function evolveRevocable(state: RevocableGrant, event: AccessEvent): RevocableGrant {
  if (endsGrant(event.type)) return withoutGrant(state);
  if (event.type === 'AccessRequested') return { ...state, requester: event.data.requester };
  if (event.type === 'AccessRequestValidated') {
    const { requester, approval, terms } = event.data;
    const told = terms.breakGlass?.tell;
    const onBehalfOf = behalfOf(terms);
    const more = { ...(told && { told }), ...(onBehalfOf && { onBehalfOf }) };
    return { ...state, requester, approval, ...more };
  }
  if (event.type === 'GrantIssued') return issued(state, event.data);
  if (event.type === 'GrantExtended') return extended(state, event.data);
  return event.type === 'RevocationOrdered' ? { ...state, isOrdered: true } : state;
}

function issued(
  state: RevocableGrant,
  { endsAt, approvers }: AccessEventData<'GrantIssued'>,
): RevocableGrant {
  return { ...state, grant: { endsAt, approvers } };
}

/** Whoever has given it more time may take it away too. */
function extended(
  state: RevocableGrant,
  { endsAt, approvers }: AccessEventData<'GrantExtended'>,
): RevocableGrant {
  if (state.grant === undefined) return state;
  return { ...state, grant: { endsAt, approvers: [...state.grant.approvers, ...approvers] } };
}

function withoutGrant({ grant, ...state }: RevocableGrant): RevocableGrant {
  return grant === undefined ? state : { ...state };
}
