import type { AccessTerms } from '@drawbridge/contracts';
import { keepWithin, plainRules } from '@drawbridge/scope';
import { isDenial, type Denial } from './denial.js';
import { findPolicies } from './find-policies.js';
import type { Names } from './found-names.js';
import type { PolicySet } from './policy-set.js';
import { offerOf } from './resolve-scope.js';
import type { FixedRequest } from './still-allowed.js';

/**
 * The terms that are granted: what was shown, as far as the same selectors and patterns still mean it. What they have
 * come to mean since was seen by nobody; what they mean no more is gone.
 */
export function stillSelected(
  { request, requester, terms, resolved }: FixedRequest,
  set: PolicySet,
  names: Names | undefined,
): AccessTerms | Denial {
  if (resolved === undefined) return terms;
  if (names === undefined) return notLookedUp;
  if (isDenial(names)) return names;
  const found = findPolicies(request, requester, set);
  if (isDenial(found)) return found;
  const offer = offerOf(request.scope, found.policies, set);
  if (isDenial(offer)) return offer;
  const rules = keepWithin(terms.rules, plainRules(offer.rules, names.resolved));
  if (rules === undefined) return tooEntangled;
  return rules.length === 0 ? allGone : { ...terms, rules: [...rules] };
}

const notLookedUp: Denial = {
  code: 'selector_unresolvable',
  message: 'what the request selects was not looked up again before it was granted',
  suggestion: 'Ask again.',
};

const allGone: Denial = {
  code: 'selector_empty',
  message: 'nothing of what was shown is selected by the request any more',
  suggestion: 'Ask again.',
};

const tooEntangled: Denial = {
  code: 'selector_too_wide',
  message: 'what is left of what was shown takes more rules than a grant may have',
  suggestion: 'Ask again with fewer rules.',
};
