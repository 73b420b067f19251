import type { AccessEventData } from '@drawbridge/contracts';
import type { Policy, PolicySet } from '@drawbridge/policy/core';
import type { Entry } from './journal.js';
import { claim, type Life } from './life.js';
import { MAX_SKEW_MS } from './policies.js';

const HOUR_MS = 3_600_000;
type Validated = AccessEventData<'AccessRequestValidated'>;

/** The policy that a verdict or a grant names. */
export function policyOf(
  sets: readonly PolicySet[],
  { name, version }: Validated['policy'],
): Policy | undefined {
  return sets
    .find((set) => set.version === version)
    ?.policies.find((policy) => policy.name === name);
}

/** Who has taken a place among so many in an hour, counted by the true time. */
export class PlacesOracle {
  readonly #takenAt = new Map<string, { readonly nowMs: number; readonly subject: string }>();

  /** @param lives - of all requests there are */
  constructor(
    private readonly lives: ReadonlyMap<string, Life>,
    private readonly sets: readonly PolicySet[],
  ) {}

  /** I1: two clocks may disagree about the hour by what they differ, and no more. */
  take({ value, nowMs }: Extract<Entry, { kind: 'places' }>): void {
    const ids = [...JSON.stringify(value).matchAll(/"requestId":"([^"]+)"/g)];
    for (const [, id = ''] of ids) {
      const life = this.lives.get(id.split('.')[0] ?? '');
      claim(life !== undefined, 'I1: a place of nobody', id);
      if (this.#takenAt.has(id)) continue;
      this.#takenAt.set(id, { nowMs, subject: life.requested.requester.subject });
      this.#count(id, life);
    }
  }

  /** I1: nobody is asked by a rule of the policy alone, for what it is about, and in one of its places. */
  validated(
    id: string,
    { autoApproved, policy: name, terms }: Pick<Validated, 'autoApproved' | 'policy' | 'terms'>,
  ): void {
    if (autoApproved === undefined) return;
    const rule = ruleOf(policyOf(this.sets, name), autoApproved);
    claim(rule !== undefined, 'I1: no such rule', name);
    claim(rule.actions.includes(terms.action ?? ''), 'I1: another action', terms);
    const { maxDurationSeconds = Infinity, perHour } = rule.when;
    claim(terms.durationSeconds <= maxDurationSeconds, 'I1: longer than the rule', terms);
    claim(perHour === undefined || this.#takenAt.has(id), 'I1: without a place', id);
  }

  #count(id: string, { requested }: Life): void {
    const { subject } = requested.requester;
    const nowMs = this.#takenAt.get(id)?.nowMs ?? 0;
    const lately = [...this.#takenAt.values()].filter(
      (place) => place.subject === subject && nowMs - place.nowMs < HOUR_MS - 2 * MAX_SKEW_MS,
    );
    const rules = this.sets.flatMap(({ policies }) => policies.flatMap((one) => one.autoApprove));
    const most = Math.max(...rules.map(({ when }) => when.perHour ?? 0));
    claim(lately.length <= most, 'I1: more than so many an hour', id);
  }
}

export const ruleOf = (policy: Policy | undefined, rule: string) =>
  policy?.autoApprove.find(({ name }) => name === rule);
