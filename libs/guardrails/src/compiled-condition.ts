import type { GuardrailMatch } from '@drawbridge/contracts';
import { compileCel, type CelExpression } from './cel/cel-expression.js';
import type { FactName } from './cel/cel-environment.js';
import { ValueTooLarge } from './cel/cel-value.js';
import type { GuardedRequest } from './guarded-call.js';
import { judgedSubresource, judgedVerb, type CallInView } from './match/call-in-view.js';
import { compileExec } from './match/match-exec.js';
import { compilePeopleMatch } from './match/match-people.js';
import {
  compileRequestMatch,
  isWord,
  meansResource,
  speaksOfResources,
  type Matcher,
} from './match/match-request.js';
import { compileTimes } from './match/match-times.js';
import { both, matchOf, type Match } from './match/tri-state.js';

/** Why a condition counts as met that is not known to be. */
export type Doubt =
  | 'not_known'
  | 'facts_missing'
  | 'object_too_large'
  | 'expression_failed'
  | 'expression_too_costly';

/** What a condition says of a call; in doubt, why. */
export type Outcome =
  | { readonly match: 'yes' | 'no' }
  | { readonly match: 'unknown'; readonly doubt: Doubt; readonly detail?: string };

export interface ConditionSource {
  readonly match?: GuardrailMatch | undefined;
  readonly when?: string | undefined;
}

/** One `match` and `when`, of a rule or of one of its exceptions. */
export class CompiledCondition {
  readonly #match: GuardrailMatch;
  readonly #matchers: readonly Matcher[];
  readonly #when: CelExpression | undefined;

  constructor({ match = {}, when }: ConditionSource) {
    this.#match = match;
    this.#matchers = [
      ...compileRequestMatch(match),
      ...compilePeopleMatch(match),
      ...compileTimes(match.times),
      ...compileExec(match.exec),
    ];
    this.#when = when === undefined ? undefined : compileCel(when);
  }

  /** Whether calls like this can be meant at all, whoever makes them and whatever they carry. */
  canMean(request: GuardedRequest): boolean {
    const { verbs, apiGroups, paths } = this.#match;
    if (!isWord(verbs, judgedVerb(request))) return false;
    if (request.kind === 'nonResource') return !speaksOfResources(this.#match);
    if (paths !== undefined || !isWord(apiGroups, request.apiGroup)) return false;
    const { resource } = request;
    return meansResource(this.#match, { resource, subresource: judgedSubresource(request) });
  }

  /** The facts that are not known, and without which nothing can be said of this call. */
  needs({ call: { request }, facts }: CallInView): readonly FactName[] {
    const needsName =
      this.#match.names !== undefined &&
      request.kind === 'resource' &&
      request.verb === 'create' &&
      request.name === '';
    const needed = [...(this.#when?.facts ?? []), ...(needsName ? (['object'] as const) : [])];
    return needed.filter((name) => facts[name] === undefined);
  }

  /** What attributes say, before any expression. Whether {@link canMean} holds is not looked at again. */
  matchAttributes(view: CallInView): Match {
    let match: Match = 'yes';
    for (const matcher of this.#matchers) {
      match = both(match, () => matcher(view));
      if (match === 'no') return 'no';
    }
    return match;
  }

  /** What the whole condition says. Never throws. */
  evaluate(view: CallInView): Outcome {
    const [missing] = this.needs(view);
    const attributes = this.matchAttributes(view);
    if (attributes === 'no') return { match: 'no' };
    if (missing !== undefined) {
      return { match: 'unknown', doubt: 'facts_missing', detail: `${missing} is not known` };
    }
    const said = this.#when === undefined ? yes : evaluateWhen(this.#when, view);
    if (said.match !== 'yes' || attributes === 'yes') return said;
    return { match: 'unknown', doubt: 'not_known' };
  }
}

const yes: Outcome = { match: 'yes' };

function evaluateWhen(when: CelExpression, view: CallInView): Outcome {
  try {
    const said = when.evaluate(view.variables, view.meter);
    if ('value' in said) return { match: matchOf(said.value) as 'yes' | 'no' };
    return { match: 'unknown', doubt: said.failure, detail: said.detail };
  } catch (error) {
    if (!(error instanceof ValueTooLarge)) throw error;
    return { match: 'unknown', doubt: 'object_too_large' };
  }
}
