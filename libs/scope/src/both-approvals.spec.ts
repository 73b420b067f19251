import { describe, expect, it } from 'vitest';
import type { ApprovalRequirement, StepsRequirement, StepUp } from '@drawbridge/contracts';
import { bothApprovals } from './both-approvals.js';

const humans = (group: string, more: object = {}): ApprovalRequirement => ({
  type: 'humans',
  count: 1,
  groups: [group],
  excludeOwner: false,
  timeoutSeconds: 1800,
  ...more,
});
const steps = (
  names: readonly string[],
  more: Partial<StepsRequirement> = {},
): StepsRequirement => ({
  type: 'steps',
  order: 'parallel',
  steps: names.map((name) => ({ type: 'humans', name, count: 1, groups: [name] })),
  denyThreshold: 3,
  excludeOwner: false,
  timeoutSeconds: 3600,
  ...more,
});
const none: ApprovalRequirement = { type: 'none' };
const login = (one: Partial<StepUp>, other: Partial<StepUp>) => {
  const both = bothApprovals(
    steps(['a'], { stepUp: { maxAgeSeconds: 300, ...one } }),
    steps(['b'], { stepUp: { maxAgeSeconds: 60, ...other } }),
  );
  return both?.type === 'steps' ? both.stepUp : both;
};

describe('the approvals of two policies', () => {
  it('are those of the one that wants some', () => {
    expect(bothApprovals(none, none)).toStrictEqual(none);
    expect(bothApprovals(none, humans('a'))).toStrictEqual(humans('a'));
    expect(bothApprovals(humans('a'), none)).toStrictEqual(humans('a'));
  });

  it('are the steps of both, one after the other, and what is stricter', () => {
    expect(
      bothApprovals(steps(['lead', 'owner']), humans('sre', { excludeOwner: true, count: 2 })),
    ).toStrictEqual({
      type: 'steps',
      order: 'sequential',
      steps: [
        { type: 'humans', name: 'lead', count: 1, groups: ['lead'] },
        { type: 'humans', name: 'owner', count: 1, groups: ['owner'] },
        { type: 'humans', name: 'approval', count: 2, groups: ['sre'] },
      ],
      denyThreshold: 1,
      excludeOwner: true,
      timeoutSeconds: 1800,
    });
  });

  it('keep their names apart', () => {
    const long = 'x'.repeat(40);
    const both = bothApprovals(
      steps(['approval', 'approval-2', long]),
      steps(['approval', 'approval-3', long]),
    );
    const names = both?.type === 'steps' ? both.steps.map(({ name }) => name) : [];
    expect(names).toStrictEqual([
      'approval',
      'approval-2',
      long,
      'approval-4',
      'approval-3',
      `${'x'.repeat(38)}-2`,
    ]);
  });

  it('are none that nobody could give: more than ten steps', () => {
    const six = ['a', 'b', 'c', 'd', 'e', 'f'];
    expect(bothApprovals(steps(six), steps(six))).toBeUndefined();
    expect(bothApprovals(steps(six), steps(six.slice(2)))).toBeDefined();
  });

  it('want a login that does for both, and as fresh as the stricter wants it', () => {
    expect(login({}, {})).toStrictEqual({ maxAgeSeconds: 60 });
    expect(login({ acr: ['phr'] }, {})).toStrictEqual({ maxAgeSeconds: 60, acr: ['phr'] });
    expect(login({}, { amr: ['hwk'] })).toStrictEqual({ maxAgeSeconds: 60, amr: ['hwk'] });
    expect(login({ acr: ['phr', 'phrh'], amr: ['mfa'] }, { acr: ['phrh', 'x'] })).toStrictEqual({
      maxAgeSeconds: 60,
      acr: ['phrh'],
    });
    expect(login({ acr: ['phr'] }, { amr: ['hwk'] })).toBeUndefined();
  });

  it('want the login of the one that wants one', () => {
    const stepUp = { maxAgeSeconds: 300, acr: ['phr'] };
    for (const both of [
      bothApprovals(steps(['a'], { stepUp }), humans('b')),
      bothApprovals(humans('b'), steps(['a'], { stepUp })),
    ])
      expect(both).toMatchObject({ stepUp });
  });
});
