import type { AccessTerms, RiskFactor } from '@drawbridge/contracts';
import type { Circumstances } from './circumstances.js';
import type { PolicySet } from './policy-set.js';

/** What the operator's model says of a request: it only ever adds. `silent`: nothing that could be used, in time. */
export type Opinion = { readonly points: number; readonly reason: string } | 'silent';

/** Of which terms an opinion is; what is not the same to the letter is another request. */
export const opinionKey = (terms: AccessTerms): string => JSON.stringify(terms);

/** `undefined`: there is no model. It is silent about what it was not asked. */
export function opinionOn(
  terms: AccessTerms,
  { riskModel }: Pick<PolicySet, 'riskModel'>,
  circumstances: Pick<Circumstances, 'opinions'> | undefined,
): Opinion | undefined {
  if (riskModel === undefined) return undefined;
  return circumstances?.opinions?.get(opinionKey(terms)) ?? 'silent';
}

/** Its words are somebody else's, and said to be. */
export function modelFactors(opinion: Opinion | undefined): readonly RiskFactor[] {
  if (opinion === undefined) return [];
  if (opinion === 'silent') return [{ points: 0, reason: 'the risk model is silent', by: 'model' }];
  const { points, reason } = opinion;
  return [{ points, reason: `the risk model says: ${reason}`, by: 'model' }];
}
