import type {
  AccessEventData,
  AccessRequestInput,
  AccessTerms,
  ApprovalRequirement,
} from '@drawbridge/contracts';
import { asSteps, limitsWithin, MAX_GRANT_SECONDS, within } from '@drawbridge/scope';
import type { AccessGrant } from './access-grant-state.js';
import type { Circumstances } from './circumstances.js';
import { isDenial, type Denial } from './denial.js';
import { judge, type Plea } from './judge.js';
import type { PolicySet } from './policy-set.js';

type Granted = Extract<AccessGrant, { status: 'granted' }>;

const askAnew = 'Ask for new access when this grant has ended.';
type Validated = AccessEventData<'ExtensionValidated'>;

/** How long the grant would be open in all. */
function totalSeconds({ rounds: { grant }, endsAt }: Granted, seconds: number): number {
  const openMs = Date.parse(endsAt) - Date.parse(grant?.startsAt ?? endsAt);
  return Math.ceil(openMs / 1000) + seconds;
}

/** What a judgement of an extension is made of: the request as if it were for all of the time, and its one policy. */
export interface ExtensionPlea {
  readonly plea: Plea;
  readonly set: PolicySet;
}

/**
 * The extension as a plea: the same request for all of the longer time, with the reason that was given for that,
 * before the one policy by which it was granted. What policies say of the length of a request is replaced by what
 * this one says of extensions.
 */
export function extensionPlea(state: Granted, set: PolicySet): ExtensionPlea | Denial {
  const { policy, requester, request, resolved, rounds } = state;
  const seconds = rounds.open?.seconds ?? 0;
  const current = set.policies.find(({ name }) => name === policy.name);
  if (current === undefined) {
    const message = `policy "${policy.name}" no longer exists`;
    return { code: 'policy_changed', message, suggestion: askAnew };
  }
  if (request.breakGlass !== undefined) return breakAgain;
  if (state.behalf !== undefined) return askTogether;
  const total = totalSeconds(state, seconds);
  const tooLong = whyTooLong(current, { seconds, total });
  if (tooLong !== undefined) return tooLong;
  const reason = rounds.open?.reason ?? request.reason;
  const asked = { ...withoutStart(request), durationSeconds: total, reason };
  const maxDurationSeconds = Math.max(total, current.maxDurationSeconds);
  return {
    // What selectors stand for is what was granted.
    plea: { requester, request: asked, names: resolved && { resolved, hidden: 0 } },
    set: { ...set, policies: [{ ...current, maxDurationSeconds }] },
  };
}

/** Nobody approved it, so nobody could approve it again. */
const breakAgain: Denial = {
  code: 'extension_not_allowed',
  message: 'access that was taken by breaking glass is not extended',
  suggestion: 'Break the glass again, or ask somebody.',
};

/** Two policies judged it, by two tokens of the same moment. */
const askTogether: Denial = {
  code: 'extension_not_allowed',
  message: 'access on behalf of a human is not extended',
  suggestion: askAnew,
};

/** It has begun. */
function withoutStart({ startAt, ...request }: AccessRequestInput): AccessRequestInput {
  return startAt === undefined ? request : { ...request };
}

type Extending = PolicySet['policies'][number];

/** Why a policy does not give so much more time. */
function whyTooLong(
  { name, extension }: Extending,
  { seconds, total }: { readonly seconds: number; readonly total: number },
): Denial | undefined {
  if (extension === undefined) {
    const message = `policy "${name}" extends no grants`;
    return { code: 'extension_not_allowed', message, suggestion: askAnew };
  }
  const { maxSeconds } = extension;
  if (seconds > maxSeconds) {
    return {
      code: 'extension_too_long',
      message: `policy "${name}" extends a grant by at most ${maxSeconds} s at once, not by ${seconds} s`,
      suggestion: `Ask for ${maxSeconds} s or less.`,
    };
  }
  const most = Math.min(extension.maxTotalSeconds, MAX_GRANT_SECONDS);
  if (total <= most) return undefined;
  const left = most - (total - seconds);
  return {
    code: 'extension_too_long',
    message: `policy "${name}" lets a grant be open for at most ${most} s in all, and it would be ${total} s`,
    suggestion: left >= 30 ? `Ask for ${left} s or less.` : askAnew,
  };
}

/** What policy says to the open round of a grant, or why not. */
export function judgeExtension(
  state: Granted,
  set: PolicySet,
  circumstances: Circumstances,
): Validated | Denial {
  const pleaded = extensionPlea(state, set);
  if (isDenial(pleaded)) return pleaded;
  const verdict = judge(pleaded.plea, pleaded.set, circumstances);
  if ('denial' in verdict) return verdict.denial;
  const { terms, policy, approval } = verdict.validated;
  if (asksTicket(approval)) {
    const message = `policy "${policy.name}" asks a ticket system, which is asked once for a request`;
    return { code: 'extension_not_allowed', message, suggestion: askAnew };
  }
  if (isAsMuch(terms, state.terms)) return validatedOf(state, verdict.validated);
  const message = `policy "${policy.name}" now allows less than the grant does`;
  return { code: 'policy_changed', message, suggestion: askAnew };
}

/** Its word is about the ticket, and does not say for which round. */
const asksTicket = (approval: ApprovalRequirement): boolean =>
  approval.type === 'steps' && approval.steps.some(({ type }) => type === 'ticket');

const isAsMuch = (allowed: AccessTerms, granted: AccessTerms): boolean =>
  allowed.environment === granted.environment &&
  within(granted.rules, allowed.rules) &&
  limitsWithin(granted.limits, allowed.limits);

function validatedOf(
  { rounds: { open } }: Granted,
  { policy, approval, risk, autoApproved, facts }: AccessEventData<'AccessRequestValidated'>,
): Validated {
  return {
    round: open?.round ?? 0,
    policy,
    seconds: open?.seconds ?? 0,
    // In steps, so that an approver can give less of it.
    approval: approval.type === 'humans' ? asSteps(approval) : approval,
    risk,
    ...(autoApproved !== undefined && { autoApproved }),
    ...(facts !== undefined && { facts }),
  };
}

/** Why the policies in force would not let the grant be open for as long as it is; `undefined` when they would. */
export function whyNotSoLong(state: Granted, { policies }: PolicySet): string | undefined {
  const total = totalSeconds(state, 0);
  if (total <= state.terms.durationSeconds) return undefined;
  const policy = policies.find(({ name }) => name === state.policy.name);
  const most = policy?.extension?.maxTotalSeconds ?? 0;
  if (total <= most) return undefined;
  return `policy "${state.policy.name}" no longer lets a grant be open for ${total} s`;
}
