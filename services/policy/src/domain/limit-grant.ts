import type { AccessRequestInput, Cut, GrantLimits } from '@drawbridge/contracts';
import type { Denial } from './denial.js';
import type { Policy } from './policy-set.js';

/** What a policy wants of the limits of every grant. */
export interface PolicyLimits {
  /** Limits that the request must name itself. */
  readonly require: readonly RequiredLimit[];
  /** No grant may be used more often; put on a request that names no limit, or a higher one. */
  readonly maxCalls?: number;
  /** No grant may go unused for longer. */
  readonly idleSeconds?: number;
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
): { readonly limits?: GrantLimits; readonly cuts: readonly Cut[] } {
  const put = ceilings.filter(({ field }) => {
    const most = ceiling?.[field];
    return most !== undefined && (asked?.[field] ?? Infinity) > most;
  });
  if (put.length === 0) return asked === undefined ? { cuts: [] } : { limits: asked, cuts: [] };
  const limits = put.reduce<GrantLimits>(
    (before, { field }) => ({ ...before, [field]: ceiling?.[field] }),
    { ...asked },
  );
  const cuts = put.map(({ field, without, words }) => ({
    field: `limits.${field}`,
    asked: String(asked?.[field] ?? without),
    granted: String(limits[field]),
    why: `policy "${name}" ${words(String(limits[field]))}`,
  }));
  return { limits, cuts };
}

const ceilings = [
  {
    field: 'maxCalls',
    without: 'any number',
    words: (most: string) => `allows at most ${most} calls`,
  },
  {
    field: 'idleSeconds',
    without: 'any time',
    words: (most: string) => `ends what is not used for ${most} s`,
  },
] as const;
