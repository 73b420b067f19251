import { describe, expect, it } from 'vitest';
import type { AccessEvent } from '@drawbridge/contracts';
import { specify } from '@drawbridge/testing';
import {
  agent,
  alice,
  approved,
  at,
  calm,
  given as yes,
  grantId,
  issued,
  oncall,
  policySet,
  raisedStops,
  requested,
  terms,
  twoSteps,
  carol,
  validated,
  withdrawn,
} from '../../test/story.js';
import { accessGrant } from './access-grant.js';
import type { Circumstances } from './circumstances.js';
import type { Policy } from './policy-set.js';

const { given } = specify(accessGrant, at);
const startAt = '2026-01-05T22:00:00.000Z';
const endsAt = '2026-01-05T22:15:00.000Z';
const day: Policy = { ...oncall, start: { maxAheadSeconds: 86_400 } };
const set = (policy = day, version = 'version-one') => ({ ...policySet(policy), version });
const judge = (policies = set()) =>
  ({ type: 'JudgeRequest', policies, circumstances: calm() }) as const;
const issue = (circumstances: Circumstances, policies = set()) =>
  ({ type: 'IssueGrant', grantId, policies, circumstances }) as const;
const recheck = (circumstances: Circumstances, policies = set()) =>
  ({ type: 'RecheckGrant', policies, circumstances }) as const;
const later = { ...terms, startAt };
const asked = [requested({ startAt }), validated({ terms: later })];
const ready = [...asked, yes(alice), approved(alice)];
const granted = [...ready, issued({ terms: later, startsAt: startAt, endsAt })];
const denied = (code: string): AccessEvent =>
  expect.objectContaining({
    type: 'AccessRequestDenied',
    data: expect.objectContaining({ code }) as unknown,
  }) as AccessEvent;

describe('asking for a later start', () => {
  it('is fixed in the terms where a policy lets grants begin later', () =>
    given(requested({ startAt }))
      .when(judge())
      .then(validated({ terms: later })));

  it.each([
    { why: 'the policy has no such grants', policies: set(oncall) },
    {
      why: 'it is further ahead than the policy allows',
      policies: set({ ...oncall, start: { maxAheadSeconds: 46_799 } }),
    },
  ])('is denied where $why', ({ policies }) =>
    given(requested({ startAt })).when(judge(policies)).then(denied('start_too_late')),
  );

  it('is allowed to the second', () =>
    given(requested({ startAt }))
      .when(judge(set({ ...oncall, start: { maxAheadSeconds: 46_800 } })))
      .then(validated({ terms: later })));

  it('is denied when its time is over', () =>
    given(requested({ startAt: '2026-01-05T08:40:00.000Z' }))
      .when(judge())
      .then(denied('window_passed')));
});

describe('a grant with a start', () => {
  it('opens then when it is approved before', () =>
    given(...ready)
      .when(issue(calm('2026-01-05T09:05:00.000Z')))
      .then(issued({ terms: later, startsAt: startAt, endsAt })));

  it('is open for what is left when it is approved late', () => {
    const startsAt = '2026-01-05T22:10:00.000Z';
    given(...ready)
      .when(issue(calm(startsAt)))
      .then(issued({ terms: later, startsAt, endsAt }));
  });

  it.each([endsAt, '2026-01-07T09:00:00.000Z'])('is denied when its time is over, at %s', (when) =>
    given(...ready)
      .when(issue(calm(when)))
      .then(denied('window_passed')),
  );

  it('ends earlier where an approver narrowed it', () => {
    const narrow = { durationSeconds: 300 };
    const steps = validated({ terms: later, approval: twoSteps() });
    const first = yes(alice, { seen: 0, step: 'on-call', narrow });
    const second = yes(carol, { seen: 1, step: 'lead' });
    const story = [requested({ startAt }), steps, first, second, approved(alice, carol)];
    const policies = set({ ...day, approval: twoSteps() });
    given(...story)
      .when(issue(calm(), policies))
      .then(
        issued({
          terms: { ...later, ...narrow },
          approvers: [alice, carol],
          startsAt: startAt,
          endsAt: '2026-01-05T22:05:00.000Z',
        }),
      );
    given(...story)
      .when(issue(calm('2026-01-05T22:05:00.000Z'), policies))
      .then(denied('window_passed'));
  });
});

describe('looking at it again before it opens', () => {
  const revoked = (cause: string): AccessEvent =>
    expect.objectContaining({
      type: 'GrantRevoked',
      data: expect.objectContaining({ grantId, cause }) as unknown,
    }) as AccessEvent;
  const when = '2026-01-05T21:59:59.000Z';

  it('changes nothing where all is as it was', () =>
    given(...granted)
      .when(recheck(calm(when)))
      .thenNothing());

  it('takes it back where bridges were raised', () =>
    given(...granted)
      .when(recheck({ ...calm(when), stops: raisedStops() }))
      .then(revoked('stop')));

  it('takes it back where its agent was disabled', () =>
    given(...granted)
      .when(recheck({ ...calm(when), isDisabled: ({ subject }) => subject === agent.subject }))
      .then(revoked('disabled')));

  it.each([
    ['lets grants begin later no more', oncall],
    ['lets them begin less far ahead', { ...oncall, start: { maxAheadSeconds: 3600 } }],
  ])('takes it back where the policy %s', (_what, policy) =>
    given(...granted)
      .when(recheck(calm(when), set(policy, 'version-two')))
      .then(revoked('policy')),
  );

  it('counts how far ahead it was from when it was judged', () =>
    given(...granted)
      .when(recheck(calm(when), set(day, 'version-two')))
      .thenNothing());

  it('ends it when its agent withdraws', () =>
    given(...granted, withdrawn)
      .when({ type: 'TakeBackGrant', at: when })
      .then(revoked('withdrawn')));

  it('does not expire it before its end', () => {
    given(...granted)
      .when({ type: 'ExpireGrant', at: startAt })
      .thenNothing();
    given(...granted)
      .when({ type: 'ExpireGrant', at: endsAt })
      .then({ type: 'GrantExpired', data: { grantId, endsAt } });
    expect(Date.parse(startAt)).toBeGreaterThan(Date.parse(at));
  });
});
