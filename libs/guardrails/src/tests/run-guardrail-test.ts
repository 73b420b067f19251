import type { GuardDecision, MatchedRule } from '../guard-decision.js';
import type { BodyFacts, GuardedCall } from '../guarded-call.js';
import type { Guardrails } from '../guardrails.js';
import { callOf, mergeCalls } from './call-of.js';
import type { GuardrailCase, GuardrailTest } from './guardrail-test.js';

export interface CaseResult {
  readonly name: string;
  readonly index: number;
  /** What is wrong; empty when the case passes. */
  readonly faults: readonly string[];
  readonly decision: GuardDecision;
}

/** Rules for which a passing case is there. */
export interface TestCoverage {
  /** Some case is decided by the rule. */
  readonly caught: ReadonlySet<string>;
  /** Some case is just not caught by it. */
  readonly missed: ReadonlySet<string>;
}

/** Judges the calls of a test, and compares. */
export function runGuardrailTest(guardrails: Guardrails, { spec }: GuardrailTest): CaseResult[] {
  return spec.cases.map((one, index) => {
    const decision = decide(guardrails, callOf(mergeCalls(spec.defaults, one.call)), one);
    return { name: one.name, index, faults: faultsOf(one, decision, guardrails), decision };
  });
}

/** What passing cases say about which rules. */
export function coverageOf(test: GuardrailTest, results: readonly CaseResult[]): TestCoverage {
  const passed = results.filter(({ faults }) => faults.length === 0);
  const expected = passed.flatMap(({ index }) => test.spec.cases[index]?.expect ?? []);
  return {
    caught: new Set(expected.flatMap(({ rule }) => rule ?? [])),
    missed: new Set(expected.flatMap(({ not }) => not ?? [])),
  };
}

/** The decision on a call whose body is at hand. */
export function decide(
  guardrails: Guardrails,
  call: GuardedCall,
  { object, oldObject }: BodyFacts,
): GuardDecision {
  const judgement = guardrails.judge(call);
  if (judgement.kind === 'decided') return judgement.decision;
  return judgement.decide({
    ...(object !== undefined && { object }),
    ...(oldObject !== undefined && { oldObject }),
  });
}

function faultsOf(
  { expect }: GuardrailCase,
  decision: GuardDecision,
  guardrails: Guardrails,
): string[] {
  const { rule, not = [] } = expect;
  const named = [...(rule === undefined ? [] : [rule]), ...not];
  const met = new Set(decision.matched.map((one) => one.rule));
  return [
    ...named.filter((id) => !guardrails.rules.includes(id)).map((id) => `there is no rule ${id}`),
    ...wrongDecision(expect, decision),
    ...not.filter((id) => met.has(id)).map((id) => `expected ${id} not to be met, and it is`),
  ];
}

function wrongDecision(
  { action, rule }: GuardrailCase['expect'],
  { effect, decidedBy }: GuardDecision,
): string[] {
  const got = describe(decidedBy);
  const isOther = action !== undefined && action !== effect;
  const isOtherRule = rule !== undefined && rule !== decidedBy?.rule;
  const isDoubt = rule !== undefined && decidedBy?.doubt !== undefined;
  return [
    ...(isOther ? [`expected ${action}, got ${effect} (${got})`] : []),
    ...(isOtherRule ? [`expected rule ${rule}, got ${got}`] : []),
    ...(isDoubt && !isOtherRule ? [`expected rule ${rule} without doubt, got ${got}`] : []),
  ];
}

function describe(rule: MatchedRule | undefined): string {
  if (rule === undefined) return 'no rule is met';
  if (rule.doubt === undefined) return rule.rule;
  return `${rule.rule}, in doubt: ${[rule.doubt, rule.detail ?? ''].join(' ').trim()}`;
}
