import type { GuardrailAction, GuardrailApprovers } from '@drawbridge/contracts';
import type { Doubt } from './compiled-condition.js';

/** A rule that a call meets. */
export interface MatchedRule {
  /** `<document>/<rule>` */
  readonly rule: string;
  readonly action: GuardrailAction;
  readonly reason: string;
  readonly suggestion?: string;
  /** Of a `hold`: whose yes it takes, where the rule says so. */
  readonly approvers?: GuardrailApprovers;
  /** Present when it is met only because it cannot be said that it is not. */
  readonly doubt?: Doubt;
  /** What is not known or went wrong; for logs and records, and free of values from objects' fields. */
  readonly detail?: string;
}

/** What becomes of a call. */
export interface GuardDecision {
  /** That of the most severe rule; `allow` when no rule is met. */
  readonly effect: GuardrailAction;
  /** Version of all guardrail documents together. */
  readonly policyVersion: string;
  /** The rule that decides; absent when none is met. */
  readonly decidedBy?: MatchedRule;
  /**
   * Every rule that is met, the most severe first. A held call is masked all the same when a `mask` rule stands
   * here, and warned of. After a `deny` by attributes, rules that need the body are not asked.
   */
  readonly matched: readonly MatchedRule[];
}

const severity: Readonly<Record<GuardrailAction, number>> = {
  deny: 5,
  hold: 4,
  mask: 3,
  warn: 2,
  recordOnly: 1,
  allow: 0,
};

/** The decision that rules come to, which are given in the order of their documents. */
export function decisionOf(policyVersion: string, rules: readonly MatchedRule[]): GuardDecision {
  const matched = rules.toSorted(
    (one, other) =>
      severity[other.action] - severity[one.action] || humansOf(other) - humansOf(one),
  );
  const [decidedBy] = matched;
  if (decidedBy === undefined) return { effect: 'allow', policyVersion, matched };
  return { effect: decidedBy.action, policyVersion, decidedBy, matched };
}

/** Of two rules that hold, the one that asks more humans is the more severe. */
const humansOf = ({ approvers }: MatchedRule): number => approvers?.count ?? 1;
