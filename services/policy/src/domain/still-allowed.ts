import type {
  AccessRequestInput,
  AccessTerms,
  ApprovalRequirement,
  Behalf,
  PolicyReference,
  Principal,
  ResolvedNames,
  Risk,
} from '@drawbridge/contracts';
import {
  beginApproval,
  continueStanding,
  limitsWithin,
  outcomeOf,
  within,
  type ApprovalFact,
  type Standing,
} from '@drawbridge/scope';
import { approvalOfBoth, asksNobody, type BothPolicies } from './approval-of-both.js';
import { isDenial } from './denial.js';
import { judgeBy } from './judge.js';
import type { Policy, PolicySet } from './policy-set.js';

/** A request with the terms that were fixed for it, and the humans who said yes so far. */
export interface FixedRequest {
  readonly requester: Principal;
  readonly request: AccessRequestInput;
  readonly validatedAt: string;
  /** For whom it was asked. */
  readonly behalf?: Behalf;
  /** By which the human might have it. */
  readonly behalfPolicy?: PolicyReference;
  readonly policy: PolicyReference;
  /** As validated, or as approvers have narrowed them since. */
  readonly terms: AccessTerms;
  readonly approval: ApprovalRequirement;
  /** What the selectors and patterns of the request stood for when the terms were fixed. */
  readonly resolved?: readonly ResolvedNames[];
  /** The rule by which nobody was asked. */
  readonly autoApproved?: string;
  readonly risk: Risk;
  /** What counts of what humans said, by the rule of the service that asked them; absent when nobody is asked. */
  readonly standing?: Standing;
}

/**
 * Why the policies in force would not grant the fixed terms today; `undefined` when they would.
 *
 * Terms never change after they were fixed: what a human approved is what is granted. But they are granted, and
 * stay granted, only while the policy that they came from still allows them and still is content with the
 * approvals that were given.
 */
export function whyNotAllowed(fixed: FixedRequest, set: PolicySet): string | undefined {
  if (set.version === fixed.policy.version) return undefined;
  const { name } = fixed.policy;
  const { resolved } = fixed;
  const names = resolved && { resolved, hidden: 0 };
  const judged = judgeBy(name, { ...fixed, names }, set);
  if (isDenial(judged)) return judged.message;
  const { terms } = judged;
  if (terms.environment !== fixed.terms.environment) {
    return `connection "${terms.connection}" now belongs to environment "${terms.environment}"`;
  }
  if (terms.durationSeconds < fixed.terms.durationSeconds) {
    return `policy "${name}" now allows at most ${terms.durationSeconds} s`;
  }
  if (!within(fixed.terms.rules, terms.rules)) return `policy "${name}" now allows less`;
  if (!limitsWithin(fixed.terms.limits, terms.limits)) {
    return `policy "${name}" now wants stricter limits`;
  }
  if (!wouldApprove(judged, fixed)) {
    return `policy "${name}" now wants other approvals`;
  }
  return undefined;
}

/** Which further groups could decide what, and since when. */
const escalationsOf = ({ steps }: Standing): readonly ApprovalFact[] =>
  steps.flatMap(({ step, escalatedAt = [] }) =>
    escalatedAt.map((at, level) => ({ type: 'escalated', step: step.name, level, at }) as const),
  );

/** What humans said in its order, and between it what ticket systems said: it counts when their turn comes. */
const inTurn = (
  said: readonly ApprovalFact[],
  tickets: readonly ApprovalFact[],
): readonly ApprovalFact[] => [
  ...tickets,
  ...said
    .toSorted((one, other) => Date.parse(one.at) - Date.parse(other.at))
    .flatMap((fact) => [fact, ...tickets]),
];

/** Which ticket systems have said yes; one that said no has ended the request. */
const ticketsOf = ({ steps, asked: { ticket } }: Standing): readonly ApprovalFact[] =>
  steps.flatMap(({ step, ticketApprovedAt: at }) =>
    step.type === 'ticket' && at !== undefined && ticket !== undefined
      ? [
          {
            type: 'ticket',
            step: step.name,
            webhook: step.webhook,
            ticket,
            decision: 'approved',
            seen: 0,
            at,
          } as const,
        ]
      : [],
  );

/** Whether the same people would be enough for another requirement too, and nobody's no would stop it. */
export function wouldApprove(policies: BothPolicies, fixed: FixedRequest): boolean {
  const approval = approvalOfBoth(policies, fixed.risk);
  const { requester, standing, terms } = fixed;
  if (approval === undefined) return false;
  if (approval.type === 'none') return true;
  if (standing === undefined) {
    const { policy, behalfPolicy } = policies;
    const isSaved = behalfPolicy === undefined || asksNobody(behalfPolicy, fixed.risk);
    return isSaved && stillAsksNobody(policy, fixed);
  }
  const asked = beginApproval({ approval, requester, terms, at: standing.asked.at });
  const { approvals, denials } = standing;
  const said: readonly ApprovalFact[] = [
    ...escalationsOf(standing),
    // Which terms they saw was judged when it was counted.
    ...approvals.map((given) => ({ type: 'given' as const, seen: 0, ...given })),
  ];
  const facts: readonly ApprovalFact[] = [
    ...inTurn(said, ticketsOf(standing)),
    ...denials.map((approver) => ({ type: 'denied' as const, approver, at: standing.asked.at })),
  ];
  return outcomeOf(facts.reduce(continueStanding, asked)) === 'approved';
}

/** Whether the rule is still there and still about this; what was so when it decided need not be so any more. */
function stillAsksNobody(
  { autoApprove }: Policy,
  { autoApproved, terms, risk }: FixedRequest,
): boolean {
  const rule = autoApprove.find(({ name }) => name === autoApproved);
  if (rule === undefined || terms.action === undefined) return false;
  const { environments, maxDurationSeconds = Infinity, risk: limit } = rule.when;
  return (
    rule.actions.includes(terms.action) &&
    (environments?.includes(terms.environment) ?? true) &&
    terms.durationSeconds <= maxDurationSeconds &&
    takesRisk(limit, risk)
  );
}

const takesRisk = (limit: { atMost: number } | undefined, { score }: Risk): boolean =>
  limit === undefined || (score !== undefined && score <= limit.atMost);
