import type { AccessRequestInput, Behalf, Cut, Principal, Rule } from '@drawbridge/contracts';
import { cutToNamespaces, describeRules, intersectRules } from '@drawbridge/scope';
import type { People } from '@drawbridge/people';
import { assess, type Allowance, type Shortfall } from './assess.js';
import { humanDenial } from './behalf-denial.js';
import { isDenial, type Denial } from './denial.js';
import { findPolicies } from './find-policies.js';
import type { Policy, PolicySet } from './policy-set.js';

const MAX_DESCRIBED_RULES = 5;

/** What an agent was allowed, and for whom it asked. */
export interface AllowedToAgent {
  readonly request: AccessRequestInput;
  readonly behalf: Behalf;
  readonly allowance: Allowance;
  /** Set when an action was asked for by name. */
  readonly action?: string | undefined;
  readonly judgedAt?: string | undefined;
}

/** What both may have. */
export interface AllowedToBoth {
  readonly allowance: Allowance;
  readonly human: Principal;
  /** The one by which the human may have it. */
  readonly policy: Policy;
}

/**
 * Judges for the human what the agent was allowed, by one policy that is for the human: the first in the order of names
 * that allows all of it; if there is none, the first that allows a part. Both count, so that a human can only take away:
 * rules are those that both allow, times and limits the smaller ones.
 *
 * @param only - name of the one policy that may be asked, where it was found before
 */
export function allowedToBoth(
  agents: AllowedToAgent,
  set: PolicySet,
  only?: string,
): AllowedToBoth | Denial {
  const { behalf, request } = agents;
  const human = humanOf(behalf, set.people);
  if (human === undefined) return humanDenial(behalf, undefined);
  const found = findPolicies(request, human, set);
  if (isDenial(found)) return humanDenial(behalf, found);
  const answers = found.policies
    .filter(({ name }) => only === undefined || name === only)
    .map((policy) => ({ policy, answer: assessForHuman(policy, human, agents) }));
  const allowed = answers.flatMap(({ policy, answer }) =>
    isRefused(answer) ? [] : [{ policy, human, allowance: answer }],
  );
  const cuts = agents.allowance.cuts.length;
  const whole = allowed.find(({ allowance }) => allowance.cuts.length === cuts);
  const chosen = whole ?? allowed[0];
  if (chosen !== undefined) return chosen;
  const [first] = answers.flatMap(({ answer }) => ('denial' in answer ? [answer.denial] : []));
  return humanDenial(behalf, first);
}

const isRefused = (answer: Allowance | Shortfall): answer is Shortfall => 'denial' in answer;

/**
 * Without a token of theirs their groups are those that the configuration says. Where a token has no address the one of
 * the configuration counts, or their other accounts could not be told.
 */
function humanOf({ human, proof }: Behalf, people: People | undefined): Principal | undefined {
  const known = people?.human(human)?.principal;
  if (proof !== 'token') return known;
  const { email = known?.email } = human;
  return email === undefined ? human : { ...human, email };
}

function assessForHuman(
  policy: Policy,
  human: Principal,
  { request, allowance, action, judgedAt }: AllowedToAgent,
): Allowance | Shortfall {
  const isOffered = action !== undefined && policy.actions.includes(action);
  const rules = isOffered
    ? cutToNamespaces(allowance.rules, policy.namespaces)
    : intersectRules(allowance.rules, cutToNamespaces(policy.rules, policy.namespaces));
  if (rules === undefined || rules.length === 0) return nothing(policy);
  const durationSeconds = Math.min(allowance.durationSeconds, policy.maxDurationSeconds);
  const answer = assess(policy, {
    request: {
      ...request,
      durationSeconds,
      ...(allowance.limits !== undefined && { limits: allowance.limits }),
    },
    requester: human,
    rules,
    ...(isOffered && { action }),
    ...(judgedAt !== undefined && { judgedAt }),
  });
  if (isRefused(answer)) return answer;
  const cuts = [...allowance.cuts, ...cutsOf(policy, allowance, { rules, durationSeconds })];
  return { ...allowance, ...answer, cuts: [...cuts, ...answer.cuts] };
}

const nothing = ({ name }: Policy): Shortfall => ({
  passed: 0,
  denial: {
    code: 'behalf_not_allowed',
    message: `policy "${name}" allows them nothing of what you may have`,
  },
});

/** What the human has less of than the agent. */
function cutsOf(
  { name, maxDurationSeconds }: Policy,
  before: Allowance,
  after: { readonly rules: readonly Rule[]; readonly durationSeconds: number },
): Cut[] {
  const whose = `policy "${name}", which is for the human`;
  const isLess = JSON.stringify(before.rules) !== JSON.stringify(after.rules);
  const rules = {
    field: 'rules',
    asked: wordsOf(before.rules),
    granted: wordsOf(after.rules),
    why: `${whose}, allows no more`,
  };
  const duration = {
    field: 'durationSeconds',
    asked: String(before.durationSeconds),
    granted: String(after.durationSeconds),
    why: `${whose}, allows at most ${maxDurationSeconds} s`,
  };
  return [
    ...(isLess ? [rules] : []),
    ...(after.durationSeconds < before.durationSeconds ? [duration] : []),
  ];
}

function wordsOf(rules: readonly Rule[]): string {
  const lines = describeRules(rules);
  const more = lines.length > MAX_DESCRIBED_RULES ? '; and more' : '';
  return `${lines.slice(0, MAX_DESCRIBED_RULES).join('; ')}${more}`;
}
