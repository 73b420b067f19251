import type {
  AccessEventData,
  AccessRequestInput,
  AccessTerms,
  PolicyReference,
  Principal,
} from '@drawbridge/contracts';
import { assessRisk } from './assess-risk.js';
import { assess, type Allowance, type Asked, type Shortfall } from './assess.js';
import type { Circumstances } from './circumstances.js';
import { isDenial, type Denial } from './denial.js';
import { findPolicies } from './find-policies.js';
import type { Connection, Policy, PolicySet } from './policy-set.js';
import { resolveScope, type ResolvedScope } from './resolve-scope.js';

/** What was asked for, by whom. */
export interface Plea {
  readonly request: AccessRequestInput;
  readonly requester: Principal;
}

export type Verdict =
  | { readonly validated: AccessEventData<'AccessRequestValidated'> }
  | { readonly denial: Denial; readonly policy?: PolicyReference };

/**
 * Judges a request by one policy of the set: the first in the order of names that allows it as it is; if
 * there is none, the first that allows it with cuts. Policies never add up.
 *
 * When none allows it, the denial is of the policy that the request came closest to. Whether there are people who
 * could approve is asked only where the circumstances are known.
 */
export function judge(plea: Plea, set: PolicySet, circumstances?: Circumstances): Verdict {
  const found = findPolicies(plea.request, plea.requester, set);
  if (isDenial(found)) return { denial: found };
  const scope = resolveScope(plea.request.scope, found.policies, set);
  if (isDenial(scope)) return { denial: scope };
  const { people } = set;
  const isKnown = circumstances !== undefined && people !== undefined;
  const asked = {
    ...askedOf(plea, scope),
    ...(isKnown && { known: { ...circumstances, people } }),
  };
  const answers = scope.policies.map((policy) => ({ policy, answer: assess(policy, asked) }));
  const allowed = answers.flatMap(({ policy, answer }) =>
    'cuts' in answer ? [{ policy, allowance: answer }] : [],
  );
  const chosen = allowed.find(({ allowance }) => allowance.cuts.length === 0) ?? allowed[0];
  if (chosen === undefined) return closest(answers, set);
  const { policy, allowance } = chosen;
  const terms = toTerms(plea.request, { scope, allowance, connection: found.connection });
  return {
    validated: {
      policy: { name: policy.name, version: set.version },
      requester: plea.requester,
      terms,
      cuts: [...allowance.cuts],
      approval: policy.approval,
      risk: assessRisk(terms),
    },
  };
}

/** What the one policy of this name would allow now, or why not. */
export function judgeBy(
  policyName: string,
  plea: Plea,
  set: PolicySet,
): { readonly policy: Policy; readonly terms: AccessTerms } | Denial {
  const found = findPolicies(plea.request, plea.requester, set);
  if (isDenial(found)) return found;
  const scope = resolveScope(plea.request.scope, found.policies, set);
  if (isDenial(scope)) return scope;
  const policy = scope.policies.find(({ name }) => name === policyName);
  if (policy === undefined) {
    const message = `policy "${policyName}" no longer covers this request`;
    return { code: 'policy_changed', message };
  }
  const allowance = assess(policy, askedOf(plea, scope));
  if ('denial' in allowance) return allowance.denial;
  return {
    policy,
    terms: toTerms(plea.request, { scope, allowance, connection: found.connection }),
  };
}

function askedOf({ request, requester }: Plea, { rules, action }: ResolvedScope): Asked {
  return { request, requester, rules, ...(action !== undefined && { action }) };
}

function closest(
  answers: readonly { policy: Policy; answer: Allowance | Shortfall }[],
  { version }: PolicySet,
): Verdict {
  const shortfalls = answers.flatMap(({ policy, answer }) =>
    'denial' in answer ? [{ policy, ...answer }] : [],
  );
  // Stable: of equally close ones the first in the order of names.
  const [best] = shortfalls.toSorted((one, other) => other.passed - one.passed);
  if (best === undefined) throw new Error('a request without candidates was not denied before');
  return { denial: best.denial, policy: { name: best.policy.name, version } };
}

interface Granted {
  readonly scope: ResolvedScope;
  readonly allowance: Allowance;
  readonly connection: Connection;
}

function toTerms(
  request: AccessRequestInput,
  { scope, allowance, connection }: Granted,
): AccessTerms {
  return {
    connection: connection.name,
    environment: connection.environment,
    ...(scope.action !== undefined && { action: scope.action }),
    ...(scope.parameters !== undefined && { parameters: { ...scope.parameters } }),
    rules: [...allowance.rules],
    durationSeconds: allowance.durationSeconds,
    reason: request.reason,
    ...(request.ticket !== undefined && { ticket: request.ticket }),
    ...(allowance.limits !== undefined && { limits: allowance.limits }),
    ...(request.keyThumbprint !== undefined && { keyThumbprint: request.keyThumbprint }),
  };
}
