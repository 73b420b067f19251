import { describe, expect, it } from 'vitest';
import type { AutoApproveRule } from '@drawbridge/contracts';
import {
  agent,
  at,
  calm,
  grantId,
  issued,
  oncall,
  policySet,
  requested,
  validated,
} from '../../test/story.js';
import { accessGrant } from './access-grant.js';

const rule: AutoApproveRule = {
  name: 'small',
  actions: ['rollout-restart'],
  when: { environments: ['production'], risk: { atMost: 40 }, maxDurationSeconds: 900, perHour: 1 },
};
const past = [
  requested({}, { ...agent, owner: ' ' }),
  validated({ approval: { type: 'none' }, autoApproved: 'small' }),
];
const decide = (now: readonly AutoApproveRule[], isGranted: boolean, when?: string) => {
  const policies = {
    ...policySet({ ...oncall, autoApprove: [...now] }),
    version: 'version-two',
  };
  const state = [...past, ...(isGranted ? [issued({ approvers: [] })] : [])].reduce(
    (folded, event) => accessGrant.evolve(folded, event, at),
    accessGrant.initial,
  );
  return accessGrant.decide(
    isGranted
      ? { type: 'RecheckGrant', policies, circumstances: calm() }
      : { type: 'IssueGrant', grantId, policies, circumstances: calm(when) },
    state,
  );
};

describe('a request for which nobody was asked', () => {
  it('is granted, and stays granted, while the rule is still about it', () => {
    for (const now of [rule, { ...rule, when: { perHour: 5 } }]) {
      expect(decide([now], false)).toMatchObject({ type: 'GrantIssued', data: { approvers: [] } });
      expect(decide([now], true)).toBeUndefined();
    }
  });

  it.each<{ what: string; now: readonly AutoApproveRule[] }>([
    { what: 'is gone', now: [] },
    { what: 'has another name', now: [{ ...rule, name: 'other' }] },
    { what: 'is about other actions', now: [{ ...rule, actions: ['view'] }] },
    { what: 'is for another environment', now: [{ ...rule, when: { environments: ['test'] } }] },
    { what: 'is for a shorter time', now: [{ ...rule, when: { maxDurationSeconds: 60 } }] },
    { what: 'takes less risk', now: [{ ...rule, when: { risk: { atMost: 29 } } }] },
  ])('is not granted any more when the rule $what', ({ now }) => {
    expect(decide(now, false)).toMatchObject({
      type: 'AccessRequestDenied',
      data: { code: 'policy_changed' },
    });
    expect(decide(now, true)).toMatchObject({ type: 'GrantRevoked' });
  });

  it('is not granted when its conditions held long ago', () => {
    expect(decide([rule], false, '2026-01-05T09:09:59.999Z')).toMatchObject({
      type: 'GrantIssued',
    });
    expect(decide([rule], false, '2026-01-05T09:10:00.000Z')).toMatchObject({
      type: 'AccessRequestDenied',
      data: { code: 'judged_too_late' },
    });
  });
});
