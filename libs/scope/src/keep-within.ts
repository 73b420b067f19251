import type { Rule } from '@drawbridge/contracts';
import { intersectRules } from './intersect-rules.js';
import { within } from './within.js';

/** As many as a request may have. */
const MAX_RULES = 50;

/**
 * What of `rules` is left inside `limit`: exactly the calls that both allow. A rule that is inside stays as it is, so
 * that nothing changes where nothing has to; `undefined` when it takes more rules than a grant may have.
 */
export function keepWithin(
  rules: readonly Rule[],
  limit: readonly Rule[],
): readonly Rule[] | undefined {
  const kept: Rule[] = [];
  for (const rule of rules) {
    if (within([rule], limit)) {
      kept.push(rule);
      continue;
    }
    const parts = intersectRules([rule], limit);
    if (parts === undefined) return undefined;
    kept.push(...largest(parts));
  }
  return kept.length > MAX_RULES ? undefined : kept;
}

/** Without those that another one says already. */
const largest = (parts: readonly Rule[]): readonly Rule[] =>
  parts.filter(
    (part, index) =>
      !parts.some(
        (other, at) =>
          at !== index && within([part], [other]) && (at < index || !within([other], [part])),
      ),
  );
