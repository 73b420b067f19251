import type { GuardrailDocument } from '@drawbridge/contracts';
import type { FactName } from './cel/cel-environment.js';
import { checkGuardrail } from './check-guardrail.js';
import { CompiledRule } from './compiled-rule.js';
import { decisionOf, type GuardDecision, type MatchedRule } from './guard-decision.js';
import type { BodyFacts, GuardedCall, GuardedRequest } from './guarded-call.js';
import { GuardrailInvalid } from './guardrail-invalid.js';
import { guardrailsVersion } from './guardrails-version.js';
import { CallInView, judgedSubresource, judgedVerb } from './match/call-in-view.js';

/** What guardrails say of a call before its body is read. */
export type Judgement =
  | { readonly kind: 'decided'; readonly decision: GuardDecision }
  | {
      readonly kind: 'needsBody';
      readonly facts: ReadonlySet<FactName>;
      /** The decision with the body. A fact that is needed and absent counts against the call. */
      readonly decide: (facts: BodyFacts) => GuardDecision;
      /** What rules come to that need no body. For those who never get one: the gateway always asks for it. */
      readonly withoutBody: () => GuardDecision;
    };

/** The guardrails in force. Pure and synchronous; never throws. */
export interface Guardrails {
  /** Changes when, and only when, the meaning of the documents may have. */
  readonly version: string;
  /** `<document>/<rule>` of every rule, in the order of the documents. */
  readonly rules: readonly string[];
  /**
   * Judges a call that its grant allows.
   *
   * Costs next to nothing where no rule is about calls of this verb and resource. A `deny` by attributes is said at
   * once; otherwise, when a rule that attributes meet looks at the body, the body is asked for.
   */
  judge(call: GuardedCall): Judgement;
  /** The rules that are about calls of this verb and resource at all, met or not. */
  about(request: GuardedRequest): readonly string[];
}

/**
 * Compiles guardrails once per configuration.
 *
 * @throws {@link GuardrailInvalid} for what `loadConfiguration` would have refused
 */
export function compileGuardrails(documents: readonly GuardrailDocument[]): Guardrails {
  const problems = documents.flatMap((document) =>
    checkGuardrail(document).map(
      ({ path, message }) => `${document.metadata.name} ${path.join('.')}: ${message}`,
    ),
  );
  if (problems.length > 0) throw new GuardrailInvalid(problems);
  const rules = documents.flatMap(({ metadata, spec }) =>
    spec.rules.map((rule) => new CompiledRule(metadata.name, rule)),
  );
  return new IndexedGuardrails(guardrailsVersion(documents), rules);
}

/** Calls of this many kinds are remembered; more than any cluster has, and a bound for callers that invent some. */
const MAX_INDEXED = 10_000;

type Index = Map<string, Map<string, Map<string, Map<string, readonly CompiledRule[]>>>>;

class IndexedGuardrails implements Guardrails {
  readonly rules: readonly string[];
  readonly #nothingToSay: Judgement;
  /** By verb, API group, resource and subresource: four lookups cost less than one key made of all. */
  #index: Index = new Map();
  #indexed = 0;

  constructor(
    readonly version: string,
    readonly compiled: readonly CompiledRule[],
  ) {
    this.rules = compiled.map(({ id }) => id);
    this.#nothingToSay = { kind: 'decided', decision: decisionOf(version, []) };
  }

  judge(call: GuardedCall): Judgement {
    const candidates = this.#candidates(call.request);
    if (candidates.length === 0) return this.#nothingToSay;
    return this.#judgeBy(candidates, new CallInView(call));
  }

  about(request: GuardedRequest): readonly string[] {
    return this.#candidates(request).map(({ id }) => id);
  }

  #judgeBy(candidates: readonly CompiledRule[], view: CallInView): Judgement {
    const outcomes = candidates.map((rule) => ({ rule, outcome: rule.askAttributes(view) }));
    const met = outcomes.flatMap(({ outcome }) => (outcome.kind === 'met' ? [outcome.rule] : []));
    const facts = new Set(
      outcomes.flatMap(({ outcome }) => (outcome.kind === 'needs' ? outcome.facts : [])),
    );
    if (facts.size === 0 || met.some(({ action }) => action === 'deny')) {
      return { kind: 'decided', decision: decisionOf(this.version, met) };
    }
    const decide = (given: BodyFacts): GuardDecision => {
      const withBody = view.withFacts(given);
      const all = outcomes.flatMap(({ rule, outcome }): readonly MatchedRule[] => {
        const said = outcome.kind === 'needs' ? rule.ask(withBody) : outcome;
        return said.kind === 'met' ? [said.rule] : [];
      });
      return decisionOf(this.version, all);
    };
    return { kind: 'needsBody', facts, decide, withoutBody: () => decisionOf(this.version, met) };
  }

  #candidates(request: GuardedRequest): readonly CompiledRule[] {
    const isResource = request.kind === 'resource';
    const known = this.#index
      .get(judgedVerb(request))
      ?.get(isResource ? request.apiGroup : '')
      // A path is no resource: no resource has this name.
      ?.get(isResource ? request.resource : '/')
      ?.get(judgedSubresource(request));
    return known ?? this.#remember(request);
  }

  #remember(request: GuardedRequest): readonly CompiledRule[] {
    const candidates = this.compiled.filter((rule) => rule.canMean(request));
    this.#indexed += 1;
    if (this.#indexed > MAX_INDEXED) {
      this.#index = new Map();
      this.#indexed = 1;
    }
    const isResource = request.kind === 'resource';
    const byGroup = inner(this.#index, judgedVerb(request));
    const byResource = inner(byGroup, isResource ? request.apiGroup : '');
    const bySubresource = inner(byResource, isResource ? request.resource : '/');
    bySubresource.set(judgedSubresource(request), candidates);
    return candidates;
  }
}

function inner<Value>(outer: Map<string, Map<string, Value>>, key: string): Map<string, Value> {
  const found = outer.get(key) ?? new Map<string, Value>();
  outer.set(key, found);
  return found;
}
