import type { AccessRequestInput, Cut, GrantLimits } from '@drawbridge/contracts';
import type { Denial } from './denial.js';
import type { Policy } from './policy-set.js';

/** What a policy wants of the limits of every grant. */
export interface PolicyLimits {
  /** Limits that the request must name itself. */
  readonly require: readonly RequiredLimit[];
  /** No grant may be used more often; put on a request that names no limit, or a higher one. */
  readonly maxCalls?: number;
}

export type RequiredLimit = 'maxCalls' | 'maxChanges' | 'key';

type Asked = Pick<AccessRequestInput, 'limits' | 'keyThumbprint'>;

const isNamed = (limit: RequiredLimit, { limits, keyThumbprint }: Asked): boolean =>
  (limit === 'key' ? keyThumbprint : limits?.[limit]) !== undefined;

/** Why a request does not name the limits that the policy wants named. */
export function missingLimit({ name, limits }: Policy, asked: Asked): Denial | undefined {
  const missing = limits?.require.find((limit) => !isNamed(limit, asked));
  if (missing === undefined) return undefined;
  if (missing === 'key') {
    return {
      code: 'limit_required',
      message: `policy "${name}" wants a grant that is bound to your own key`,
      suggestion: 'Ask with --bind-key, or name the keyThumbprint of a key of yours.',
    };
  }
  return {
    code: 'limit_required',
    message: `policy "${name}" wants a grant that names ${missing}`,
    suggestion: `Ask with limits.${missing}, as small as the job allows.`,
  };
}

/** What of the asked limits is granted, and what was put on them. */
export function limitGrant(
  { name, limits: ceiling }: Policy,
  { limits: asked }: Pick<AccessRequestInput, 'limits'>,
): { readonly limits?: GrantLimits; readonly cut?: Cut } {
  const maxCalls = ceiling?.maxCalls;
  if (maxCalls === undefined || (asked?.maxCalls ?? Infinity) <= maxCalls) {
    return asked === undefined ? {} : { limits: asked };
  }
  const cut = {
    field: 'limits.maxCalls',
    asked: String(asked?.maxCalls ?? 'any number'),
    granted: String(maxCalls),
    why: `policy "${name}" allows at most ${maxCalls} calls`,
  };
  return { limits: { ...asked, maxCalls }, cut };
}
