import type {
  AccessEventData,
  AccessRequestInput,
  AccessTerms,
  Behalf,
  PolicyReference,
  Principal,
  StepUpProof,
} from '@drawbridge/contracts';
import { approvalFor, type BothPolicies } from './approval-of-both.js';
import { assessRisk, type RiskOf } from './assess-risk.js';
import { assess, type Allowance, type Asked, type Shortfall } from './assess.js';
import { breakGlassNotAllowed, breakGlassTerms, loginDenial } from './break-glass.js';
import type { Circumstances, RateLimit } from './circumstances.js';
import { autoApproval } from './conditions.js';
import { isDenial, type Denial } from './denial.js';
import { findPolicies } from './find-policies.js';
import { allowedToBoth } from './for-both.js';
import type { Names } from './found-names.js';
import type { Connection, Policy, PolicySet } from './policy-set.js';
import { opinionKey, opinionOn } from './model-opinion.js';
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
  /** For whom it is asked; absent: for the requester itself. */
  readonly behalf?: Behalf | undefined;
  /** The policy by which the human might have it when it was judged. */
  readonly behalfPolicy?: PolicyReference | undefined;
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
  return decide({ plea, scope, connection: found.connection, set, circumstances }, chosen);
}

interface Chosen {
  readonly policy: Policy;
  readonly allowance: Allowance;
}

/** The verdict of the one policy that allows it, and where it is asked for a human of the one that allows it them. */
function decide(
  { plea, scope, connection, set, circumstances }: Surroundings & { readonly plea: Plea },
  chosen: Chosen,
): Verdict {
  const { requester } = plea;
  const reference = ({ name }: Policy) => ({ name, version: set.version });
  const policy = reference(chosen.policy);
  const denial = loginDenialOf(chosen.policy, plea);
  if (denial !== undefined) return { denial, policy };
  const both = withHuman({ ...plea, ...at(circumstances?.at) }, { ...chosen, scope }, set);
  if (isDenial(both)) return { denial: both, policy };
  const { allowance, behalfPolicy, human } = both;
  const terms = toTerms(plea, { scope, allowance, policy: chosen.policy, connection, human });
  const risk = riskOf({ terms, requester }, set, circumstances);
  const known = knownOf(set, circumstances);
  const asking = { policy: chosen.policy, behalfPolicy, requester, terms, risk, known };
  const approving = approvalFor({ ...asking, auto: allowance.auto });
  if (isDenial(approving)) return { denial: approving, policy };
  const { wants, ...approval } = approving;
  return {
    validated: {
      policy,
      requester,
      terms,
      cuts: [...allowance.cuts],
      risk,
      ...(scope.resolved && { resolved: [...scope.resolved] }),
      ...approval,
      ...(behalfPolicy !== undefined && { behalfPolicy: reference(behalfPolicy) }),
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

/** What both may have, with the policy of the human; where nobody asked for somebody else, what the agent may. */
interface Both {
  readonly allowance: Allowance;
  readonly human?: Principal;
  readonly behalfPolicy?: Policy;
}

function withHuman(
  { request, behalf, behalfPolicy, validatedAt }: Plea,
  { allowance, scope }: Pick<Granted, 'allowance' | 'scope'>,
  set: PolicySet,
): Both | Denial {
  if (behalf === undefined) return { allowance };
  const { action } = scope;
  const agents = { request, behalf, allowance, action, judgedAt: validatedAt };
  const both = allowedToBoth(agents, set, behalfPolicy?.name);
  return isDenial(both) ? both : { ...both, behalfPolicy: both.policy };
}

const at = (validatedAt: string | undefined) => (validatedAt === undefined ? {} : { validatedAt });

const knownOf = ({ people }: PolicySet, circumstances: Circumstances | undefined) =>
  people && circumstances && { ...circumstances, people };

type Validated = AccessEventData<'AccessRequestValidated'>;

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
  const known = knownOf(set, circumstances);
  return {
    ...asked,
    ...(known && { known }),
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
): (BothPolicies & { readonly terms: AccessTerms }) | Denial {
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
  const both = withHuman(plea, { allowance, scope }, set);
  if (isDenial(both)) return both;
  const { human, behalfPolicy } = both;
  const { connection } = found;
  const granted = { scope, allowance: both.allowance, policy, connection, human };
  return { policy, behalfPolicy, terms: toTerms(plea, granted) };
}

function askedOf(
  { request, requester, behalf }: Plea,
  { rules, action, resolved, hidden }: ResolvedScope,
  judgedAt: string | undefined,
): Asked {
  return {
    request,
    requester,
    rules,
    ...(action !== undefined && { action }),
    ...(behalf !== undefined && { behalf }),
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
  /** On whose behalf. */
  readonly human?: Principal | undefined;
}

function toTerms(
  plea: Plea,
  { scope, allowance, policy, connection, human }: Granted,
): AccessTerms {
  const { request } = plea;
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
    ...boundTo(plea, human),
    ...(breakGlass !== undefined && { breakGlass }),
  };
}

/** What it is bound to: a key, a time, a human, a run. */
function boundTo(
  { request, requester, behalf }: Plea,
  human: Principal | undefined,
): Pick<AccessTerms, 'keyThumbprint' | 'startAt' | 'onBehalfOf' | 'runId'> {
  const { keyThumbprint, startAt, runId } = request;
  return {
    ...(keyThumbprint !== undefined && { keyThumbprint }),
    ...(startAt !== undefined && { startAt }),
    ...(human !== undefined && behalf !== undefined && { onBehalfOf: named(human, behalf) }),
    // Only what a token proved binds: of other runs the gateway could not tell either.
    ...(runId !== undefined && runId === requester.run && { runId }),
  };
}

function named(
  { issuer, subject, email }: Principal,
  { proof }: Behalf,
): NonNullable<AccessTerms['onBehalfOf']> {
  return { issuer, subject, ...(email !== undefined && { email }), proof };
}
