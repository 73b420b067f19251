import type { GuardrailRule } from '@drawbridge/contracts';
import type { FactName } from './cel/cel-environment.js';
import { CompiledCondition, type Doubt, type Outcome } from './compiled-condition.js';
import type { MatchedRule } from './guard-decision.js';
import type { GuardedRequest } from './guarded-call.js';
import type { CallInView } from './match/call-in-view.js';

/** What a rule says of a call: nothing, that it is met, or that it must see the body first. */
export type RuleOutcome =
  | { readonly kind: 'silent' }
  | { readonly kind: 'met'; readonly rule: MatchedRule }
  | { readonly kind: 'needs'; readonly facts: readonly FactName[] };

const silent: RuleOutcome = { kind: 'silent' };

/**
 * A rule ready to be asked.
 *
 * In doubt it is met, and an exception is not; but a rule that allows is met only without any doubt. So nothing
 * that fails or is not known ever lets a call through.
 */
export class CompiledRule {
  readonly #condition: CompiledCondition;
  readonly #exceptions: readonly CompiledCondition[];
  readonly #met: MatchedRule;
  /** What it is under a grant that nobody approved before. */
  readonly #underBreakGlass: MatchedRule;

  constructor(document: string, rule: GuardrailRule) {
    const { name, action, reason, suggestion, approvers } = rule;
    this.#condition = new CompiledCondition(rule);
    this.#exceptions = (rule.except ?? []).map((exception) => new CompiledCondition(exception));
    this.#met = {
      ...{ rule: `${document}/${name}`, action, reason },
      ...(suggestion !== undefined && { suggestion }),
      ...(approvers !== undefined && { approvers }),
    };
    const passed = { rule: this.#met.rule, action: 'recordOnly' as const, reason };
    this.#underBreakGlass = rule.breakGlass === 'pass' ? passed : this.#met;
  }

  get id(): string {
    return this.#met.rule;
  }

  canMean(request: GuardedRequest): boolean {
    return this.#condition.canMean(request);
  }

  /** What can be said without the body. */
  askAttributes(view: CallInView): RuleOutcome {
    if (this.#condition.matchAttributes(view) === 'no') return silent;
    const facts = this.#needs(view);
    return facts.length > 0 ? { kind: 'needs', facts } : this.ask(view);
  }

  /** What is said with all that is known; facts that are not there are doubts. */
  ask(view: CallInView): RuleOutcome {
    const outcome = this.#condition.evaluate(view);
    if (outcome.match === 'no') return silent;
    if (outcome.match === 'unknown' && this.#met.action === 'allow') return silent;
    if (this.#isExcepted(view)) return silent;
    const met = view.call.grant.breakGlass === true ? this.#underBreakGlass : this.#met;
    return { kind: 'met', rule: { ...met, ...doubtOf(outcome) } };
  }

  #needs(view: CallInView): readonly FactName[] {
    const exceptions = this.#exceptionsFor(view).filter(
      (exception) => exception.matchAttributes(view) !== 'no',
    );
    return [this.#condition, ...exceptions].flatMap((condition) => condition.needs(view));
  }

  #isExcepted(view: CallInView): boolean {
    return this.#exceptionsFor(view).some((exception) => exception.evaluate(view).match === 'yes');
  }

  #exceptionsFor(view: CallInView): readonly CompiledCondition[] {
    if (this.#exceptions.length === 0) return this.#exceptions;
    const { request } = view.call;
    return this.#exceptions.filter((exception) => exception.canMean(request));
  }
}

function doubtOf(outcome: Outcome): { doubt?: Doubt; detail?: string } {
  if (outcome.match !== 'unknown') return {};
  const { doubt, detail } = outcome;
  return { doubt, ...(detail !== undefined && { detail }) };
}
