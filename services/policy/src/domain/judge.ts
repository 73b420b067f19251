import type {
  AccessEventData,
  AccessRequestInput,
  AccessTerms,
  ApprovalRequirement,
  PolicyReference,
  Principal,
  StepUpProof,
} from '@drawbridge/contracts';
import { assessRisk, type RiskOf } from './assess-risk.js';
import { assess, type Allowance, type Asked, type Shortfall } from './assess.js';
import { breakGlassNotAllowed, breakGlassTerms, loginDenial } from './break-glass.js';
import type { Circumstances, RateLimit } from './circumstances.js';
import { autoApproval } from './conditions.js';
import { isDenial, type Denial } from './denial.js';
import { findPolicies } from './find-policies.js';
import type { Names } from './found-names.js';
import type { Connection, Policy, PolicySet } from './policy-set.js';
import { opinionKey, opinionOn } from './model-opinion.js';
import { requiredApproval } from './required-approval.js';
import { resolveScope, type ResolvedScope } from './resolve-scope.js';

/** What was asked for, by whom. */
export interface Plea {
  readonly request: AccessRequestInput;
  readonly requester: Principal;
  /** The rule by which nobody was asked when it was judged. */
  readonly autoApproved?: string | undefined;
  /** When it was judged, where that was before. */
  readonly validatedAt?: string;
  /** What was found of its selectors and patterns; absent: nobody looked, so none of them stands for anything. */
  readonly names?: Names | undefined;
  /** The login it was asked with, and when. */
  readonly proof?: StepUpProof | undefined;
  readonly requestedAt?: string | undefined;
}

/** `wants`: a place is to be asked for, and the judgement to be repeated with what came of it; until then there is none. */
export type Verdict =
  | {
      readonly validated: Validated;
      readonly wants?: RateLimit;
      /** The risk model was not asked about these terms. */
      readonly asksModel?: true;
    }
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
  const { policies } = found;
  const scope = resolveScope(plea.request.scope, { policies, set, names: plea.names });
  if (isDenial(scope)) return { denial: scope };
  const asked = askedNow(plea, { scope, connection: found.connection, set, circumstances });
  const answers = scope.policies.map((policy) => ({ policy, answer: assess(policy, asked) }));
  const allowed = answers.flatMap(({ policy, answer }) =>
    'cuts' in answer ? [{ policy, allowance: answer }] : [],
  );
  const chosen = allowed.find(({ allowance }) => allowance.cuts.length === 0) ?? allowed[0];
  if (chosen === undefined) return closest(answers, set);
  const { policy, allowance } = chosen;
  const { requester } = plea;
  const denial = loginDenialOf(policy, plea);
  if (denial !== undefined) return { denial, policy: { name: policy.name, version: set.version } };
  const terms = toTerms(plea, { scope, allowance, policy, connection: found.connection });
  const wants = allowance.auto?.wants;
  const risk = riskOf({ terms, requester }, set, circumstances);
  return {
    validated: {
      policy: { name: policy.name, version: set.version },
      requester,
      terms,
      cuts: [...allowance.cuts],
      risk,
      ...(scope.resolved && { resolved: [...scope.resolved] }),
      ...approvalBy(requiredApproval(policy, risk), allowance),
    },
    ...(wants !== undefined && { wants }),
    ...(isUnasked(terms, set, circumstances) && { asksModel: true }),
  };
}

/** Whoever has an approver needs no login of their own. */
function loginDenialOf(policy: Policy, { request, requester, proof, requestedAt = '' }: Plea) {
  if (request.breakGlass === undefined) return undefined;
  // Whoever wants it later can ask somebody.
  if (request.startAt !== undefined) return breakGlassNotAllowed(' for later');
  return loginDenial(policy, { requester, proof, at: requestedAt });
}

type Validated = AccessEventData<'AccessRequestValidated'>;

/** Who is asked, and by which rule nobody is. */
function approvalBy(
  approval: ApprovalRequirement,
  { auto }: Allowance,
): Pick<Validated, 'approval' | 'autoApproved' | 'facts'> {
  if (auto === undefined || (auto.rule === undefined && auto.facts.length === 0)) {
    return { approval };
  }
  const facts = [...auto.facts];
  return auto.rule === undefined
    ? { approval, facts }
    : { approval: { type: 'none' }, autoApproved: auto.rule, facts };
}

const riskOf = (
  asked: Pick<RiskOf, 'terms' | 'requester'>,
  set: PolicySet,
  circumstances: Circumstances | undefined,
) => {
  const opinion = opinionOn(asked.terms, set, circumstances);
  return assessRisk({ ...asked, rules: set.riskRules, circumstances, opinion });
};

const isUnasked = (
  terms: AccessTerms,
  { riskModel }: PolicySet,
  circumstances: Circumstances | undefined,
): boolean =>
  riskModel !== undefined &&
  circumstances !== undefined &&
  circumstances.opinions?.has(opinionKey(terms)) !== true;

interface Surroundings extends Pick<Granted, 'scope' | 'connection'> {
  readonly set: PolicySet;
  readonly circumstances: Circumstances | undefined;
}

/** What is asked, with what is known of people and conditions now; that is nothing without circumstances. */
function askedNow(plea: Plea, { scope, connection, set, circumstances }: Surroundings): Asked {
  const asked = askedOf(plea, scope, circumstances?.at);
  if (circumstances === undefined) return asked;
  const { people } = set;
  const { requester } = plea;
  return {
    ...asked,
    ...(people && { known: { ...circumstances, people } }),
    autoApproval: (policy, allowance) => {
      const terms = toTerms(plea, { scope, allowance, policy, connection });
      const risk = riskOf({ terms, requester }, set, circumstances);
      const isModelSilent = opinionOn(terms, set, circumstances) === 'silent';
      const now = { people, circumstances, isModelSilent };
      return autoApproval({ policy, terms, requester, risk, ...now });
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
  const { policies } = found;
  const scope = resolveScope(plea.request.scope, { policies, set, names: plea.names });
  if (isDenial(scope)) return scope;
  const policy = scope.policies.find(({ name }) => name === policyName);
  if (policy === undefined) {
    const message = `policy "${policyName}" no longer covers this request`;
    return { code: 'policy_changed', message };
  }
  const { autoApproved: rule } = plea;
  const asked = askedOf(plea, scope, plea.validatedAt);
  const allowance = assess(
    policy,
    rule === undefined ? asked : { ...asked, autoApproval: () => ({ rule, facts: [] }) },
  );
  if ('denial' in allowance) return allowance.denial;
  return {
    policy,
    terms: toTerms(plea, { scope, allowance, policy, connection: found.connection }),
  };
}

function askedOf(
  { request, requester }: Plea,
  { rules, action, resolved, hidden }: ResolvedScope,
  judgedAt: string | undefined,
): Asked {
  return {
    request,
    requester,
    rules,
    ...(action !== undefined && { action }),
    ...(judgedAt !== undefined && { judgedAt }),
    ...(resolved !== undefined && { selected: { hidden } }),
  };
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
  readonly policy: Policy;
  readonly connection: Connection;
}

function toTerms(
  { request, requester }: Plea,
  { scope, allowance, policy, connection }: Granted,
): AccessTerms {
  const breakGlass = breakGlassTerms(policy, request);
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
    ...(request.startAt !== undefined && { startAt: request.startAt }),
    // Only what a token proved binds: of other runs the gateway could not tell either.
    ...(request.runId !== undefined && request.runId === requester.run && { runId: request.runId }),
    ...(breakGlass !== undefined && { breakGlass }),
  };
}
