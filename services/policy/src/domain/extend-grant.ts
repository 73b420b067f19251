import type { AccessEvent } from '@drawbridge/contracts';
import { isUsedUp, type Used } from '@drawbridge/scope';
import type { AccessGrant } from './access-grant-state.js';
import type { Circumstances } from './circumstances.js';
import { isDenial, type Denial } from './denial.js';
import type { ValidatedExtension } from './extension-state.js';
import { extensionPlea, judgeExtension } from './judge-extension.js';
import type { PolicySet } from './policy-set.js';
import { isStillAgreed, requesterLeft, whyNotCovered } from './lost-people.js';
import { isAgreed } from './still-agreed.js';
import { whyNotAllowed, wouldApprove } from './still-allowed.js';
import { stoppedDenial, stopOver } from './stopped.js';
import { isTooLateToJudge, judgedTooLate } from './unanswered.js';

type Granted = Extract<AccessGrant, { status: 'granted' }>;

/** What an extension is decided by. */
export interface AboutExtension {
  readonly policies: PolicySet;
  readonly circumstances: Circumstances;
  /** How often the grant was used; only where it has limits. */
  readonly use?: Used;
}

/** What policy says to the wish for more time; a grant whose end is ordered gets no answer but that end. */
export function decideExtension(state: Granted, about: AboutExtension): AccessEvent | undefined {
  const { rounds, extension, extensionAskedAt } = state;
  if (rounds.open === undefined || rounds.isEnding || extension !== undefined) return undefined;
  const { round } = rounds.open;
  const { policies, circumstances } = about;
  if (isTooLateToJudge(extensionAskedAt ?? '', circumstances.at)) return deny(round, judgedTooLate);
  const notNow = whyNotCoveredNow(state) ?? whyNotNow(state, about);
  if (notNow !== undefined) return deny(round, notNow);
  const verdict = judgeExtension(state, policies, circumstances);
  return isDenial(verdict) ? deny(round, verdict) : { type: 'ExtensionValidated', data: verdict };
}

/**
 * Extends the grant when nothing is missing: the approvals are counted again, as for a new grant, and everything
 * that could have taken the grant away meanwhile is looked at.
 */
export function decideExtend(state: Granted, about: AboutExtension): AccessEvent | undefined {
  const { rounds, extension, grantId, endsAt } = state;
  if (rounds.isEnding || extension === undefined) return undefined;
  const { round, approval, standing, seconds } = extension;
  if (approval.type !== 'none' && !extension.isApproved) return undefined;
  const no = whyNot(state, extension, about);
  if (no !== undefined) return deny(round, no);
  const more = (standing?.terms.durationSeconds ?? seconds) * 1000;
  return {
    type: 'GrantExtended',
    data: {
      grantId,
      round,
      endsAt: new Date(Date.parse(endsAt) + more).toISOString(),
      approvers: (standing?.approvals ?? []).map(({ approver }) => approver),
    },
  };
}

function whyNot(
  state: Granted,
  extension: ValidatedExtension,
  about: AboutExtension,
): Denial | undefined {
  const { policies, circumstances } = about;
  return (
    whyNotAgreed(extension, about) ??
    whyNotNow(state, about) ??
    whyStale(extension, circumstances) ??
    whyChanged(state, extension, policies)
  );
}

function whyNotAgreed(
  { approval, standing, isVoided }: ValidatedExtension,
  { policies, circumstances }: AboutExtension,
): Denial | undefined {
  if (approval.type === 'none') return undefined;
  if (!isAgreed(standing)) return isVoided ? takenAway : incomplete;
  if (standing === undefined) return incomplete;
  return isStillAgreed({ standing, approval }, policies, circumstances) ? undefined : takenAway;
}

/** The token with which the agent asks may say that it has left; whoever offers it more has no such token. */
function whyNotCoveredNow({ requester, requiredGroups, rounds }: Granted): Denial | undefined {
  const by = rounds.open?.by;
  const isAgent = by?.issuer === requester.issuer && by.subject === requester.subject;
  const isCovered = requiredGroups?.some((group) => by?.groups.includes(group)) ?? true;
  if (!isAgent || isCovered) return undefined;
  return requesterLeft('the token names none of the groups that the grant is for');
}

function whyNotNow(state: Granted, about: AboutExtension): Denial | undefined {
  const { requester: agent, terms, issuedAt, requiredGroups, validatedAt: since } = state;
  const { connection, limits } = terms;
  const { circumstances, use } = about;
  const left = whyNotCovered({ agent, requiredGroups, since }, circumstances);
  if (left !== undefined) return requesterLeft(left);
  const stop = stopOver(circumstances.stops, { agent, connection, issuedAt });
  if (stop !== undefined) return stoppedDenial(stop);
  if (limits === undefined || use === undefined || !isUsedUp(limits, use)) return undefined;
  const message = 'the grant was used as often as it allowed, and more time gives no more uses';
  return { code: 'grant_used_up', message, suggestion: 'Ask for new access.' };
}

/** Hours, turns and numbers that were so when nobody had to be asked are not so for ever. */
const whyStale = (
  { autoApproved, validatedAt }: ValidatedExtension,
  { at }: Circumstances,
): Denial | undefined =>
  autoApproved !== undefined && isTooLateToJudge(validatedAt, at) ? judgedTooLate : undefined;

/** The grant as it is, and the longer one with what was said to it, by the policies of now. */
function whyChanged(
  state: Granted,
  extension: ValidatedExtension,
  policies: PolicySet,
): Denial | undefined {
  const reason = whyNotAllowed(state, policies);
  if (reason !== undefined) return changed(reason);
  if (policies.version === extension.policyVersion) return undefined;
  const pleaded = extensionPlea(state, policies);
  if (isDenial(pleaded)) return changed(pleaded.message);
  const { durationSeconds } = pleaded.plea.request;
  const { requester, request, policy, validatedAt } = state;
  const { risk, approval, standing, autoApproved } = extension;
  const longer = {
    ...{ requester, request, policy, approval, risk, validatedAt },
    terms: { ...state.terms, durationSeconds },
    ...(standing && { standing }),
    ...(autoApproved !== undefined && { autoApproved }),
  };
  const isContent = pleaded.set.policies.every((policy) => wouldApprove({ policy }, longer));
  return isContent ? undefined : changed(`policy "${state.policy.name}" now wants other approvals`);
}

const changed = (reason: string): Denial => ({
  code: 'policy_changed',
  message: `the policies changed while the extension was under way: ${reason}`,
  suggestion: 'Ask again.',
});

const takenAway: Denial = {
  code: 'approval_incomplete',
  message:
    'an approval was taken back, or its approver lost their say, before the grant was extended',
  suggestion: 'Ask again.',
};

const incomplete: Denial = {
  code: 'approval_incomplete',
  message:
    'the extension was reported as approved, but the history does not hold the approvals of this round',
  suggestion: 'Ask again, and tell the people who run Drawbridge.',
};

const deny = (round: number, { code, message, suggestion }: Denial): AccessEvent => ({
  type: 'ExtensionDenied',
  data: { round, code, message, ...(suggestion !== undefined && { suggestion }) },
});
