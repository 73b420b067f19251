import type { AccessTerms, Principal, Risk } from '@drawbridge/contracts';
import {
  rateKey,
  type Circumstances,
  type Place,
  type RateLimit,
} from '../domain/circumstances.js';
import { judge, type Plea } from '../domain/judge.js';
import { opinionKey, type Opinion } from '../domain/model-opinion.js';
import type { PolicySet } from '../domain/policy-set.js';

/** What other terms a judgement comes to with the model's word is asked about once more, and then no more. */
const MAX_OPINIONS = 2;

/** A request as a model is told of it. */
export interface ModelQuestion {
  readonly requester: Principal;
  readonly terms: AccessTerms;
  /** Without the model. */
  readonly risk: Risk;
}

interface Asked {
  readonly plea: Plea;
  readonly policies: PolicySet;
  readonly known: Circumstances;
}

interface Asking {
  readonly place: (limit: RateLimit) => Promise<Place>;
  readonly model: (question: ModelQuestion) => Promise<Opinion>;
}

/**
 * Asks for what a judgement depends on, until it depends on nothing that is not known: for the model's opinion first, so
 * that no place is taken that its word makes useless. What cannot be asked for is unknown, so that a human is asked.
 */
export async function withFacts(
  { plea, policies, known }: Asked,
  ask: Asking,
): Promise<Circumstances> {
  const places = new Map<string, Place>();
  const opinions = new Map<string, Opinion>();
  for (;;) {
    const circumstances = { ...known, places, opinions };
    const verdict = judge(plea, policies, circumstances);
    if (!('validated' in verdict)) return circumstances;
    const { validated, wants, asksModel } = verdict;
    if (asksModel === true && opinions.size < MAX_OPINIONS) {
      const { requester, terms, risk } = validated;
      const opinion = await ask.model({ requester, terms, risk }).catch(() => 'silent' as const);
      opinions.set(opinionKey(terms), opinion);
    } else if (wants === undefined) return circumstances;
    else places.set(rateKey(wants), await ask.place(wants).catch(() => 'unknown' as const));
  }
}
