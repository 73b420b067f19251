import {
  approverGroupsOf,
  BREAK_GLASS_REASON_LENGTH,
  type AccessRequestInput,
  type BreakGlassTerms,
  type PolicyDocument,
  type Principal,
  type StepUp,
  type StepUpProof,
} from '@drawbridge/contracts';
import { stepUpRefusal } from '@drawbridge/scope';
import type { Denial } from './denial.js';
import type { Policy, PolicySet } from './policy-set.js';

/** Who may break the glass, and who is told and reviews it. */
export type BreakGlassOfPolicy = NonNullable<PolicyDocument['spec']['breakGlass']>;

/** How recent the login must be where the policy does not say it. */
const FRESH_LOGIN: StepUp = { maxAgeSeconds: 300 };

/**
 * The policies by which somebody may have at once what they allow, each as it is then: nobody is asked, and the
 * reason says something.
 *
 * People are named by their address, but known by issuer and subject: a token in which an address only stands
 * breaks no glass. Neither the groups of the policy nor those of the token matter.
 */
export function breakGlassPolicies(requester: Principal, set: PolicySet): readonly Policy[] {
  if (requester.kind !== 'human') return [];
  const email = set.people?.human(requester)?.principal.email?.toLowerCase();
  if (email === undefined) return [];
  return set.policies
    .filter(({ breakGlass, subjects: { issuers } }) => {
      const isNamed = breakGlass?.people.some((person) => person.toLowerCase() === email) ?? false;
      return isNamed && (issuers?.includes(requester.issuer) ?? true);
    })
    .map(withoutApprover);
}

function withoutApprover(policy: Policy): Policy {
  const { reason, approval, breakGlass } = policy;
  const tell = [...approverGroupsOf(approval), ...(breakGlass?.reviewGroups ?? [])];
  return {
    ...policy,
    reason: { ...reason, minLength: Math.max(reason.minLength, BREAK_GLASS_REASON_LENGTH) },
    approval: { type: 'none' },
    autoApprove: [],
    told: [...new Set(tell)],
  };
}

/** What the terms say of it; `undefined` where it is asked for in the ordinary way. */
export function breakGlassTerms(
  { breakGlass, told }: Policy,
  request: Pick<AccessRequestInput, 'breakGlass'>,
): BreakGlassTerms | undefined {
  if (request.breakGlass === undefined || breakGlass === undefined || told === undefined) {
    return undefined;
  }
  const { announce, reviewGroups, reviewWithinSeconds } = breakGlass;
  return { announce, tell: [...told], reviewGroups, reviewWithinSeconds };
}

export const breakGlassNotAllowed = (where: string): Denial => ({
  code: 'break_glass_not_allowed',
  message: `no policy lets you break the glass${where}`,
  suggestion: 'Ask without it: then humans are asked.',
});

/** The login with which it was asked for. */
export interface AskedLogin {
  readonly requester: Principal;
  readonly proof?: StepUpProof | undefined;
  /** When it was asked for. */
  readonly at: string;
}

/** Whoever only has somebody's token, or their laptop, breaks no glass: it takes a login of just before. */
export function loginDenial({ stepUp }: Policy, asked: AskedLogin): Denial | undefined {
  const wanted = stepUp === undefined ? FRESH_LOGIN : loginOf(stepUp);
  const { requester, proof, at } = asked;
  const code = stepUpRefusal(wanted, { approver: requester, at, ...(proof && { proof }) });
  if (code === undefined) return undefined;
  return { code, message: loginWords[code], suggestion: 'Log in again.', stepUp: wanted };
}

const loginOf = ({ maxAgeSeconds, acr, amr }: StepUp): StepUp => ({
  maxAgeSeconds,
  ...(acr !== undefined && { acr }),
  ...(amr !== undefined && { amr }),
});

const loginWords = {
  step_up_required: 'whoever breaks the glass must have logged in just before',
  step_up_too_old: 'your login is too old to break the glass with',
  step_up_too_weak: 'your login was not strong enough to break the glass with',
} as const;
