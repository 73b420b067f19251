import type { GuardDecision } from '@drawbridge/guardrails';

export type PolicyVersion = 'p1' | 'p2' | 'p3' | 'p4';

/** What each version of the guardrails says of every call here; two of them hold, by different rules. */
export const effects = {
  p1: 'hold',
  p2: 'hold',
  p3: 'allow',
  p4: 'deny',
} as const satisfies Readonly<Record<PolicyVersion, GuardDecision['effect']>>;

export const ruleOf = (version: PolicyVersion): string => `test/rule-of-${version}`;

export function decisionUnder(version: PolicyVersion): GuardDecision {
  const action = effects[version];
  if (action === 'allow') return { effect: action, policyVersion: version, matched: [] };
  const matched = { rule: ruleOf(version), action, reason: 'somebody should look at this' };
  return { effect: action, policyVersion: version, decidedBy: matched, matched: [matched] };
}
