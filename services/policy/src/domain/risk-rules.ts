import type { RiskFactor, Rule } from '@drawbridge/contracts';
import { isWithinHours } from '@drawbridge/people';
import type { RiskOf } from './assess-risk.js';
import type { RequesterHistory } from './circumstances.js';
import type { RiskRule } from './policy-set.js';

/** From then on a requester asks often. */
const MANY_IN_AN_HOUR = 3;

/** Whether a rule of a `Risk` document is about a request: all of its conditions hold. */
export function isMeant({ when }: RiskRule, { terms, requester, circumstances }: RiskOf): boolean {
  const { connections, environments, agents, outside } = when;
  const at = circumstances && (terms.startAt ?? circumstances.at);
  return (
    isOneOf(connections, terms.connection) &&
    isOneOf(environments, terms.environment) &&
    isOneOf(agents, requester.subject) &&
    (outside === undefined || (at !== undefined && !isWithinHours(outside, at))) &&
    terms.rules.some((rule) => allowsSome(rule, when))
  );
}

const isOneOf = (wanted: readonly string[] | undefined, word: string): boolean =>
  wanted?.includes(word) ?? true;

/** One rule must allow all of it: what stands in different rules is not allowed together. */
function allowsSome(rule: Rule, { verbs, resources, namespaces }: RiskRule['when']): boolean {
  return (
    meets(rule.verbs, verbs) &&
    meets(rule.resources, resources) &&
    meets(rule.namespaces, namespaces)
  );
}

function meets(words: readonly string[], wanted: readonly string[] | undefined): boolean {
  if (wanted === undefined || words.includes('*')) return true;
  return wanted.some((word) => {
    const [, subresource] = word.split('/');
    return (
      words.includes(word) || (subresource !== undefined && words.includes(`*/${subresource}`))
    );
  });
}

/** What a requester's own history adds. */
export function historyFactors(history: RequesterHistory | undefined): readonly RiskFactor[] {
  if (history === undefined) return [];
  const { isFirstHere, requestsInLastHour, deniedInLastDay } = history;
  const found: readonly (readonly [boolean, number, string])[] = [
    [isFirstHere, 5, 'the first request of this requester on this connection'],
    [
      requestsInLastHour >= MANY_IN_AN_HOUR,
      10,
      `more than ${MANY_IN_AN_HOUR} requests of this requester within an hour`,
    ],
    [deniedInLastDay > 0, 10, 'a request of this requester was denied within a day'],
  ];
  return found.flatMap(([isSo, points, reason]) =>
    isSo ? [{ points, reason, by: 'history' }] : [],
  );
}
