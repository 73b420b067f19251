import { describe, expect, it } from 'vitest';
import { planRollingUpdate, type ReplicaCounts, rolloutLimits } from './rolling-update.js';

const set = (name: string, replicas: number, available = replicas): ReplicaCounts => ({
  name,
  replicas,
  available,
});
const quarter = { maxSurge: '25%', maxUnavailable: '25%' };

describe('the limits of a rollout', () => {
  it.each([
    [4, quarter, { replicas: 4, maxSurge: 1, maxUnavailable: 1 }],
    [3, quarter, { replicas: 3, maxSurge: 1, maxUnavailable: 0 }],
    [10, { maxSurge: 0, maxUnavailable: 0 }, { replicas: 10, maxSurge: 0, maxUnavailable: 1 }],
    [2, { maxSurge: 3, maxUnavailable: 5 }, { replicas: 2, maxSurge: 3, maxUnavailable: 2 }],
    [0, quarter, { replicas: 0, maxSurge: 0, maxUnavailable: 0 }],
  ])('of %i replicas with %j', (replicas, strategy, limits) => {
    expect(rolloutLimits(replicas, strategy)).toStrictEqual(limits);
  });
});

describe('the next step of a rolling update', () => {
  it.each([
    {
      does: 'surges by one',
      limits: rolloutLimits(3, quarter),
      current: set('new', 0),
      old: [set('old', 3)],
      plan: { new: 1 },
    },
    {
      does: 'waits for the surge to become available',
      limits: rolloutLimits(3, quarter),
      current: set('new', 1, 0),
      old: [set('old', 3)],
      plan: {},
    },
    {
      does: 'then removes an old one',
      limits: rolloutLimits(3, quarter),
      current: set('new', 1),
      old: [set('old', 3)],
      plan: { old: 2 },
    },
    {
      does: 'removes old pods that do not serve first, as far as enough pods are asked for',
      limits: rolloutLimits(4, quarter),
      current: set('new', 1, 0),
      old: [set('older', 2), set('old', 2, 0)],
      plan: { old: 1 },
    },
    {
      does: 'scales the new one down when less is wanted',
      limits: rolloutLimits(1, quarter),
      current: set('new', 3),
      old: [],
      plan: { new: 1 },
    },
    {
      does: 'ends with nothing to do',
      limits: rolloutLimits(3, quarter),
      current: set('new', 3),
      old: [set('old', 0)],
      plan: {},
    },
  ])('$does', ({ limits, current, old, plan }) => {
    expect(Object.fromEntries(planRollingUpdate(limits, current, old))).toStrictEqual(plan);
  });

  it('never goes below what has to stay available, nor above the surge, whatever the pods do', () => {
    const limits = rolloutLimits(5, quarter);
    let current = set('new', 0);
    let old = set('old', 5);
    for (let step = 0; step < 50; step += 1) {
      const plan = planRollingUpdate(limits, current, [old]);
      const grown = plan.get('new') ?? current.replicas;
      const left = plan.get('old') ?? old.replicas;
      current = set('new', grown, Math.min(current.available, grown));
      old = set('old', left, Math.min(old.available, left));
      expect(current.available + old.available).toBeGreaterThanOrEqual(
        limits.replicas - limits.maxUnavailable,
      );
      expect(current.replicas + old.replicas).toBeLessThanOrEqual(
        limits.replicas + limits.maxSurge,
      );
      if (current.available < current.replicas)
        current = set('new', current.replicas, current.available + 1);
    }
    expect([current, old]).toStrictEqual([set('new', 5), set('old', 0)]);
  });
});
