import type { Alternative, Rule } from '@drawbridge/contracts';
import {
  cutToNamespaces,
  describeRules,
  intersectRules,
  isSelective,
  plainRules,
} from '@drawbridge/scope';
import type { Circumstances } from './circumstances.js';
import { isDenial } from './denial.js';
import { findPolicies } from './find-policies.js';
import { judge, type Plea, type Verdict } from './judge.js';
import type { Policy, PolicySet } from './policy-set.js';

/** Each is judged like a request, while the one that was made waits. */
const MAX_CANDIDATES = 10;
const MAX_DESCRIBED_RULES = 5;

type Wanted = Pick<Plea['request'], 'scope' | 'durationSeconds'>;

/** What was judged, and by what. */
export interface Judged {
  readonly plea: Plea;
  readonly set: PolicySet;
  readonly circumstances: Circumstances;
}

/**
 * The largest part of a request for which nobody would have to be asked; `undefined` when there is none, or nobody is
 * asked anyway. It is judged itself before it is offered, so it is true while nothing changes.
 */
export function alternativeTo(verdict: Verdict, judged: Judged): Alternative | undefined {
  if ('validated' in verdict && verdict.validated.approval.type === 'none') return undefined;
  for (const wanted of candidates(judged)) {
    const limit = freeOf(wanted, judged);
    if (limit === undefined) continue;
    const { scope, durationSeconds } = wanted;
    return { words: wordsOf(wanted, judged.plea, limit.perHour), scope, durationSeconds };
  }
  return undefined;
}

/** The whole scope before parts of it, and a longer time before a shorter one. */
function candidates(judged: Judged): readonly Wanted[] {
  const { plea, set } = judged;
  const found = findPolicies(plea.request, plea.requester, set);
  if (isDenial(found)) return [];
  const { scope, durationSeconds } = plea.request;
  const wanted = found.policies.flatMap((policy) =>
    longest(policy, plea.request).flatMap((seconds) => {
      const part = partOf(plea, policy);
      const time = Math.min(durationSeconds, seconds);
      return part === undefined ? [] : [{ scope: part, durationSeconds: time }];
    }),
  );
  const isWhole = (one: Wanted) => Number(one.scope === scope);
  return wanted
    .filter((one) => one.scope !== scope || one.durationSeconds < durationSeconds)
    .toSorted(
      (one, other) => isWhole(other) - isWhole(one) || other.durationSeconds - one.durationSeconds,
    )
    .slice(0, MAX_CANDIDATES);
}

/** For how long a policy asks nobody, by each way in which it does. */
function longest(
  { approval, autoApprove, maxDurationSeconds: most }: Policy,
  { scope }: Wanted,
): readonly number[] {
  if (approval.type === 'none') return [most];
  if (!('action' in scope)) return [];
  return autoApprove
    .filter(({ actions }) => actions.includes(scope.action))
    .map(({ when }) => Math.min(most, when.maxDurationSeconds ?? most));
}

/** As much of what is asked as the policy could allow. */
function partOf(plea: Plea, { rules, namespaces }: Policy): Wanted['scope'] | undefined {
  const { scope } = plea.request;
  if ('action' in scope) return scope;
  const asked = namedRules(plea) ?? [];
  const allowed = intersectRules(asked, cutToNamespaces(rules, namespaces));
  if (allowed === undefined || allowed.length === 0) return undefined;
  const isSame = JSON.stringify(allowed) === JSON.stringify(asked);
  return isSame ? scope : { rules: [...allowed] };
}

/** The rules that are asked for, with names for all they mean; `undefined` where these are not known. */
function namedRules({ request: { scope }, names }: Plea): readonly Rule[] | undefined {
  if ('action' in scope) return undefined;
  if (!scope.rules.some(isSelective)) return plainRules(scope.rules, []);
  return names === undefined || isDenial(names)
    ? undefined
    : plainRules(scope.rules, names.resolved);
}

/** Whether nobody would be asked for this; `perHour`: unless there were so many already. */
function freeOf(
  wanted: Wanted,
  { plea, set, circumstances }: Judged,
): { readonly perHour?: number } | undefined {
  const narrower = { ...plea, request: { ...plea.request, ...wanted } };
  const verdict = judge(narrower, set, circumstances);
  if (!('validated' in verdict)) return undefined;
  const { validated, wants } = verdict;
  if (validated.cuts.length > 0) return undefined;
  if (wants !== undefined) return { perHour: wants.perHour };
  return validated.approval.type === 'none' ? {} : undefined;
}

function wordsOf(wanted: Wanted, plea: Plea, perHour: number | undefined): string {
  const { request: asked } = plea;
  const rules = namedRules(plea) ?? [];
  const isShorter = wanted.durationSeconds < asked.durationSeconds;
  const parts = [
    ...(wanted.scope === asked.scope ? [] : [describeScope(wanted.scope, rules)]),
    ...(isShorter ? [`at most ${wanted.durationSeconds} s`] : []),
  ];
  const unless =
    perHour === undefined ? '' : `, unless there were ${perHour} within the last hour already`;
  return `narrow it to ${parts.join(' and ')}, and it needs no human${unless}`;
}

function describeScope(scope: Wanted['scope'], asked: readonly Rule[]): string {
  if (!('rules' in scope)) return 'less';
  const rules = plainRules(scope.rules, []);
  const namespaces = [...new Set(rules.flatMap((rule) => rule.namespaces))];
  if (differInNamespacesOnly(rules, asked)) return `namespace ${namespaces.join(', ')}`;
  const lines = describeRules(rules);
  const more = lines.length > MAX_DESCRIBED_RULES ? ' and more' : '';
  return `this: ${lines.slice(0, MAX_DESCRIBED_RULES).join('; ')}${more}`;
}

function differInNamespacesOnly(some: readonly Rule[], all: readonly Rule[]): boolean {
  const rest = (rules: readonly Rule[]) =>
    JSON.stringify(rules.map((rule) => ({ ...rule, namespaces: [] })));
  return rest(some) === rest(all);
}
