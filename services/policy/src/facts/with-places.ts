import {
  rateKey,
  type Circumstances,
  type Place,
  type RateLimit,
} from '../domain/circumstances.js';
import { judge, type Plea } from '../domain/judge.js';
import type { PolicySet } from '../domain/policy-set.js';

interface Asked {
  readonly plea: Plea;
  readonly policies: PolicySet;
  readonly known: Circumstances;
}

/**
 * Asks for the places that a judgement depends on, until it depends on none that is not known. A place that cannot be
 * asked for is unknown, so that a human is asked.
 */
export async function withPlaces(
  { plea, policies, known }: Asked,
  ask: (limit: RateLimit) => Promise<Place>,
): Promise<Circumstances> {
  const places = new Map<string, Place>();
  for (;;) {
    const circumstances = { ...known, places };
    const verdict = judge(plea, policies, circumstances);
    const wants = 'validated' in verdict ? verdict.wants : undefined;
    if (wants === undefined) return circumstances;
    places.set(rateKey(wants), await ask(wants).catch(() => 'unknown' as const));
  }
}
