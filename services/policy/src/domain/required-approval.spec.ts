import { expect, it } from 'vitest';
import { oneHuman, twoSteps } from '../../test/story.js';
import { requiredApproval } from './required-approval.js';

const wanted = { maxAgeSeconds: 300, acr: ['phr'] };
const policy = { stepUp: { fromRisk: 'medium' as const, ...wanted } };

it.each(['medium', 'high'] as const)('asks for a fresh login at %s risk', (level) => {
  expect(requiredApproval({ ...policy, approval: twoSteps() }, { level })).toStrictEqual({
    ...twoSteps(),
    stepUp: wanted,
  });
});

it('does not below the risk it is for, nor where the policy says nothing', () => {
  const approval = twoSteps();
  expect(requiredApproval({ ...policy, approval }, { level: 'low' })).toBe(approval);
  expect(requiredApproval({ approval }, { level: 'high' })).toBe(approval);
});

it('asks in a form that nobody reads in part', () => {
  const { type, groups, count, ...more } = oneHuman;
  expect(type).toBe('humans');
  expect(requiredApproval({ ...policy, approval: oneHuman }, { level: 'high' })).toMatchObject({
    ...more,
    type: 'steps',
    steps: [{ type: 'humans', count, groups }],
    stepUp: wanted,
  });
});

it('asks nobody who is not asked anyway', () => {
  const approval = { type: 'none' } as const;
  expect(requiredApproval({ ...policy, approval }, { level: 'high' })).toBe(approval);
});
