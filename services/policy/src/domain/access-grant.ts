import type { AccessEvent } from '@drawbridge/contracts';
import type { Decider } from '@drawbridge/kernel';
import { grantWindow, isUsedUp, type Used } from '@drawbridge/scope';
import type { AccessGrant } from './access-grant-state.js';
import { alternativeTo } from './alternative.js';
import { isApproverLost } from './approver-lost.js';
import { behalfLost } from './behalf-lost.js';
import type { Circumstances } from './circumstances.js';
import { isDenial, type Denial } from './denial.js';
import { evolve } from './evolve-access-grant.js';
import type { Names } from './found-names.js';
import { idleEndMs } from './idle-end.js';
import { decideExtend, decideExtension, type AboutExtension } from './extend-grant.js';
import { whyNotSoLong } from './judge-extension.js';
import { judge } from './judge.js';
import { windowPassed } from './limit-start.js';
import { isStillAgreed, requesterLeft, whyNobodyIsLeft, whyNotCovered } from './lost-people.js';
import type { PolicySet } from './policy-set.js';
import { stillSelected } from './still-selected.js';
import { isAgreed } from './still-agreed.js';
import { whyNotAllowed } from './still-allowed.js';
import { revokedAsDisabled, revokedByStop, stoppedDenial, stopOver } from './stopped.js';
import {
  approvalUnavailable,
  isTooLateToJudge,
  judgedTooLate,
  unaskedEndMs,
} from './unanswered.js';

/** `at` is when the command was accepted: UTC, RFC 3339. */
export type AccessGrantCommand =
  | {
      readonly type: 'JudgeRequest';
      readonly policies: PolicySet;
      readonly circumstances: Circumstances;
      /** What its selectors and patterns stand for; absent where it has none. */
      readonly names?: Names | undefined;
    }
  | {
      readonly type: 'IssueGrant';
      /** The same for every attempt on one request. */
      readonly grantId: string;
      readonly policies: PolicySet;
      readonly circumstances: Circumstances;
      /** What they stand for by now. */
      readonly names?: Names | undefined;
    }
  | ({ readonly type: 'JudgeExtension' } & AboutExtension)
  | ({ readonly type: 'ExtendGrant' } & AboutExtension)
  | { readonly type: 'EndUnasked'; readonly at: string }
  | {
      readonly type: 'EndUnapprovable';
      readonly policies: PolicySet;
      readonly circumstances: Circumstances;
    }
  | { readonly type: 'TakeBackGrant'; readonly at: string }
  | {
      readonly type: 'RecheckGrant';
      readonly policies: PolicySet;
      readonly circumstances: Circumstances;
    }
  | { readonly type: 'ExpireGrant'; readonly at: string }
  | {
      readonly type: 'EndUsedUp';
      readonly use: Used & { readonly running: ReadonlySet<string> };
      readonly at: string;
    }
  | {
      readonly type: 'EndIdle';
      /** Absent: it was never used, as far as anybody knows. */
      readonly lastUsedMs: number | undefined;
      readonly at: string;
    }
  | { readonly type: 'TakeFromLeaver'; readonly tokenIssuedAt: string; readonly at: string };

type CommandOf<Type> = Extract<AccessGrantCommand, { type: Type }>;
type Pending = Extract<AccessGrant, { status: 'pending' }>;
type Granted = Extract<AccessGrant, { status: 'granted' }>;

/**
 * Whether a request is granted, and for how long.
 *
 * Each command answers an event or the clock and changes nothing where there is nothing to do, so repeating it
 * in any order is harmless. There is no command that reopens anything: one request has at most one grant.
 */
export const accessGrant: Decider<AccessGrant, AccessGrantCommand, AccessEvent> = {
  initial: { status: 'absent' },
  evolve,
  decide: (command, state) => decideBy(state, command),
};

const deciders: {
  readonly [Type in AccessGrantCommand['type']]: (
    state: AccessGrant,
    command: CommandOf<Type>,
  ) => AccessEvent | undefined;
} = {
  JudgeRequest: decideJudgement,
  IssueGrant: (state, command) =>
    state.status === 'pending' ? decideIssue(state, command) : undefined,
  JudgeExtension: (state, about) =>
    isOpen(state, about.circumstances.at) ? decideExtension(state, about) : undefined,
  ExtendGrant: (state, about) =>
    isOpen(state, about.circumstances.at) ? decideExtend(state, about) : undefined,
  EndUnasked: (state, { at }) =>
    state.status === 'pending' ? decideUnasked(state, at) : undefined,
  EndUnapprovable: (state, { policies, circumstances }) => {
    if (state.status !== 'pending' || !state.isVoided) return undefined;
    const denial = whyNobodyIsLeft(state, policies, circumstances);
    return denial && deny(state, denial);
  },
  TakeBackGrant: (state, { at }) => (isOpen(state, at) ? decideTakeBack(state) : undefined),
  RecheckGrant: (state, command) =>
    isOpen(state, command.circumstances.at) ? decideRecheck(state, command) : undefined,
  ExpireGrant: (state, { at }) => decideExpiry(state, at),
  TakeFromLeaver: (state, command) =>
    isOpen(state, command.at) ? decideLeaver(state, command) : undefined,
  EndIdle: (state, command) => (isOpen(state, command.at) ? decideIdle(state, command) : undefined),
  EndUsedUp: (state, command) =>
    isOpen(state, command.at) ? decideUsedUp(state, command) : undefined,
};

const decideBy = <Type extends AccessGrantCommand['type']>(
  state: AccessGrant,
  command: CommandOf<Type> & { readonly type: Type },
): AccessEvent | undefined => deciders[command.type](state, command);

function decideJudgement(
  state: AccessGrant,
  { policies, circumstances, names }: CommandOf<'JudgeRequest'>,
): AccessEvent | undefined {
  if (state.status !== 'requested') return undefined;
  if (isTooLateToJudge(state.requestedAt, circumstances.at)) {
    return { type: 'AccessRequestDenied', data: judgedTooLate };
  }
  const { requester: agent, request } = state;
  const { stops, at: issuedAt } = circumstances;
  const stop = stopOver(stops, { agent, connection: request.connection, issuedAt });
  // Humans are not asked for what nobody may have.
  if (stop !== undefined) return { type: 'AccessRequestDenied', data: stoppedDenial(stop) };
  const plea = { ...state, names };
  const verdict = judge(plea, policies, circumstances);
  const found = alternativeTo(verdict, { plea, set: policies, circumstances });
  const alternative = found && { alternative: found };
  if ('validated' in verdict) {
    return { type: 'AccessRequestValidated', data: { ...verdict.validated, ...alternative } };
  }
  const { denial, policy } = verdict;
  return {
    type: 'AccessRequestDenied',
    data: { ...(policy && { policy }), ...denial, ...alternative },
  };
}

/**
 * Issues the grant when nothing is missing. `AccessRequestApproved` is only the occasion: the approvals
 * themselves are counted again, by the same rule, because no other service may be able to open the bridge.
 */
function decideIssue(
  state: Pending,
  { grantId, policies, circumstances, names }: CommandOf<'IssueGrant'>,
): AccessEvent | undefined {
  const { policy, requester, standing } = state;
  if (isWaiting(state)) return undefined;
  const required = requiredGroups(state, policies);
  const notNow =
    whyNotAgreed(state, policies, circumstances) ??
    whyNotNow(state, { policies, circumstances }, required) ??
    whyNotAny(state, policies);
  if (notNow !== undefined) return deny(state, notNow);
  const terms = stillSelected(state, policies, names);
  if (isDenial(terms)) return deny(state, terms);
  const window = grantWindow(terms, circumstances.at);
  if (window === undefined) return deny(state, windowPassed);
  return {
    type: 'GrantIssued',
    data: {
      grantId,
      policy: { name: policy.name, version: policies.version },
      grantee: requester,
      terms,
      approvers: (standing?.approvals ?? []).map(({ approver }) => approver),
      ...(required && { requiredGroups: required }),
      ...window,
    },
  };
}

const isWaiting = ({ approval, isApproved }: Pending): boolean =>
  approval.type !== 'none' && !isApproved;

function whyNotAny(state: Pending, policies: PolicySet): Denial | undefined {
  const reason = whyNotAllowed(state, policies);
  if (reason === undefined) return undefined;
  return {
    code: 'policy_changed',
    message: `the policies changed while the request was under way: ${reason}`,
    suggestion: 'Ask again.',
  };
}

function whyNotAgreed(
  state: Pending,
  policies: PolicySet,
  circumstances: Circumstances,
): Denial | undefined {
  if (state.approval.type === 'none') return undefined;
  if (state.isRefused || !isAgreed(state.standing)) return state.isVoided ? takenAway : incomplete;
  // Approval takes a say away within a second, and a grant must not be faster than that.
  return isStillAgreed(state, policies, circumstances) ? undefined : takenAway;
}

function whyNotNow(
  state: Pending,
  { policies, circumstances }: Pick<CommandOf<'IssueGrant'>, 'policies' | 'circumstances'>,
  requiredGroups: readonly string[] | undefined,
): Denial | undefined {
  const { requester: agent, autoApproved, validatedAt } = state;
  const { stops, at } = circumstances;
  const { connection } = state.terms;
  const left = whyNotCovered({ agent, requiredGroups, since: validatedAt }, circumstances);
  if (left !== undefined) return requesterLeft(left);
  const stop = stopOver(stops, { agent, connection, issuedAt: at });
  if (stop !== undefined) return stoppedDenial(stop);
  const lost = behalfLost(state, { issuedAt: at, policies, circumstances });
  if (lost !== undefined) return { code: 'behalf_not_allowed', message: lost.reason };
  // Hours, turns and numbers that were so when nobody had to be asked are not so for ever.
  const isStale = autoApproved !== undefined && isTooLateToJudge(validatedAt, at);
  return isStale ? judgedTooLate : undefined;
}

/** Ends a request that the approval service never took on; once it has, it lets it lapse itself. */
function decideUnasked(state: Pending, at: string): AccessEvent | undefined {
  const { approval, validatedAt, isAsked, isApproved } = state;
  if (approval.type === 'none' || isAsked || isApproved) return undefined;
  const isOver = Date.parse(at) >= unaskedEndMs(validatedAt, approval);
  return isOver ? deny(state, approvalUnavailable) : undefined;
}

/** Whoever leaves all of these groups is no longer covered by the policy, and the next token says so. */
function requiredGroups(
  { policy, requester, terms }: Pending,
  { policies }: PolicySet,
): string[] | undefined {
  // Who is named needs no group.
  if (terms.breakGlass !== undefined) return undefined;
  const groups = policies.find(({ name }) => name === policy.name)?.subjects.groups ?? [];
  return requester.groups.filter((group) => groups.includes(group));
}

const takenAway: Denial = {
  code: 'approval_incomplete',
  message:
    'an approval was taken back, or its approver lost their say, before the grant was issued',
  suggestion: 'Ask again.',
};

const incomplete: Denial = {
  code: 'approval_incomplete',
  message: 'the request was reported as approved, but its history does not hold the approvals',
  suggestion: 'Ask again, and tell the people who run Drawbridge.',
};

function deny({ policy }: Pending, { code, message, suggestion }: Denial): AccessEvent {
  return {
    type: 'AccessRequestDenied',
    data: { policy, code, message, ...(suggestion !== undefined && { suggestion }) },
  };
}

function decideTakeBack({ grantId, withdrawnBy, ordered }: Granted): AccessEvent | undefined {
  if (ordered !== undefined)
    return { type: 'GrantRevoked', data: { grantId, ...ordered, cause: 'ordered' } };
  if (withdrawnBy === undefined) return undefined;
  const reason = 'the requester withdrew the request';
  return { type: 'GrantRevoked', data: { grantId, by: withdrawnBy, reason, cause: 'withdrawn' } };
}

function decideRecheck(
  state: Granted,
  { policies, circumstances }: CommandOf<'RecheckGrant'>,
): AccessEvent | undefined {
  const { grantId, issuedAt, requester: agent, terms, validatedAt: since, requiredGroups } = state;
  const stop = stopOver(circumstances.stops, { agent, connection: terms.connection, issuedAt });
  if (stop !== undefined) return revokedByStop(grantId, stop);
  if (circumstances.isDisabled(agent)) return revokedAsDisabled(grantId);
  const revoked = (
    reason: string,
    cause: 'disabled' | 'group_lost' | 'approver_lost' | 'policy',
  ): AccessEvent => ({
    type: 'GrantRevoked',
    data: { grantId, reason, cause },
  });
  const left = whyNotCovered({ agent, requiredGroups, since }, circumstances);
  if (left !== undefined) return revoked(left, 'group_lost');
  const lost = behalfLost(state, { issuedAt, policies, circumstances });
  if (lost !== undefined) return revoked(lost.reason, lost.cause);
  const reason = whyNotAllowed(state, policies) ?? whyNotSoLong(state, policies);
  if (reason !== undefined) return revoked(`the policies changed: ${reason}`, 'policy');
  if (!isApproverLost(state, policies, circumstances)) return undefined;
  return revoked('an approver of the grant has lost their say', 'approver_lost');
}

function decideExpiry(state: AccessGrant, at: string): AccessEvent | undefined {
  if (state.status !== 'granted' || isOpen(state, at)) return undefined;
  const { grantId, endsAt } = state;
  return { type: 'GrantExpired', data: { grantId, endsAt } };
}

/** The identity provider has said behind the grant that its agent is in none of the groups that it is for. */
function decideLeaver(
  { grantId, issuedAt }: Granted,
  { tokenIssuedAt }: CommandOf<'TakeFromLeaver'>,
): AccessEvent | undefined {
  if (Date.parse(tokenIssuedAt) <= Date.parse(issuedAt)) return undefined;
  const reason = 'the agent is no longer a member of the groups that the grant is for';
  return { type: 'GrantRevoked', data: { grantId, reason, cause: 'group_lost' } };
}

/** A grant that allows nothing more ends when the last of its calls is over: ending it cuts them. */
function decideUsedUp(
  { grantId, terms: { limits } }: Granted,
  { use }: CommandOf<'EndUsedUp'>,
): AccessEvent | undefined {
  if (limits === undefined || !isUsedUp(limits, use) || use.running.size > 0) return undefined;
  return { type: 'GrantEnded', data: { grantId, cause: 'used_up' } };
}

/** Ends a grant that nobody used for as long as it may go unused. */
function decideIdle(
  { grantId, startsAt, terms: { limits } }: Granted,
  { lastUsedMs, at }: CommandOf<'EndIdle'>,
): AccessEvent | undefined {
  const idleSeconds = limits?.idleSeconds;
  if (idleSeconds === undefined) return undefined;
  if (Date.parse(at) < idleEndMs({ startsAt, idleSeconds }, lastUsedMs)) return undefined;
  return { type: 'GrantEnded', data: { grantId, cause: 'idle' } };
}

/** From `endsAt` on a grant is over, whether that is recorded or not. */
function isOpen(state: AccessGrant, at: string): state is Granted {
  return state.status === 'granted' && Date.parse(at) < Date.parse(state.endsAt);
}
