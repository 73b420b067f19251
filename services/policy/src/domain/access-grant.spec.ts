import { describe, expect, it } from 'vitest';
import { specify } from '@drawbridge/testing';
import type { AccessEvent, ApprovalRequirement, GrantLimits } from '@drawbridge/contracts';
import {
  agent,
  alice,
  approved,
  at,
  bob,
  calm,
  dana,
  endings,
  endsAt,
  given as yes,
  grantId,
  issued,
  oncall,
  oneHuman,
  policySet,
  refusedBy,
  requested,
  terms,
  validated,
  withdrawn,
} from '../../test/story.js';
import { accessGrant, type AccessGrantCommand } from './access-grant.js';
import type { Policy, PolicySet } from './policy-set.js';

const { given } = specify(accessGrant, at);
const policies = policySet(oncall);
const judge = { type: 'JudgeRequest', policies, circumstances: calm() } as const;
const issue = { type: 'IssueGrant', grantId, policies, circumstances: calm() } as const;
const takeBack = { type: 'TakeBackGrant', at } as const;
const expire = (when: string) => ({ type: 'ExpireGrant', at: when }) as const;
const changed = (policy: Policy | undefined, version = 'version-two') => ({
  ...policySet(...(policy === undefined ? [] : [policy])),
  version,
});
const noApproval: ApprovalRequirement = { type: 'none' };
const pending = [requested(), validated()];
const ready = [...pending, yes(alice), approved(alice)];
const granted = [...ready, issued()];

describe('judging a request', () => {
  it('validates what a policy allows', () => given(requested()).when(judge).then(validated()));

  it('denies what none allows, with the policy that came closest', () =>
    given(requested({ durationSeconds: 901 }))
      .when(judge)
      .then({
        type: 'AccessRequestDenied',
        data: {
          policy: { name: 'production-oncall', version: 'version-one' },
          code: 'duration_too_long',
          message: 'policy "production-oncall" allows at most 900 s, not 901 s',
          suggestion: 'Ask for 900 s or less.',
        },
      }));

  it.each<{ when: string; past: AccessEvent[] }>([
    { when: 'it is unknown', past: [] },
    { when: 'it is judged already', past: pending },
    { when: 'it is granted', past: granted },
    { when: 'it was withdrawn', past: [requested(), withdrawn] },
    { when: 'it was denied', past: [requested(), endings.AccessRequestDenied] },
  ])('does nothing when $when', ({ past }) =>
    given(...past)
      .when(judge)
      .thenNothing(),
  );
});

describe('a request that nobody went on with', () => {
  const unasked = { type: 'EndUnasked', at: '2026-01-05T09:31:00.000Z' } as const;
  const asked: AccessEvent = {
    type: 'ApprovalRequested',
    data: { approval: oneHuman, decideBy: '2026-01-05T09:30:00.000Z' },
  };

  it('is denied 10 minutes after it was made, and not judged any more', () => {
    given(requested())
      .when({ ...judge, circumstances: calm('2026-01-05T09:09:59.999Z') })
      .then(validated());
    given(requested())
      .when({ ...judge, circumstances: calm('2026-01-05T09:10:00.000Z') })
      .then({
        type: 'AccessRequestDenied',
        data: {
          code: 'judged_too_late',
          message: 'the policy service did not come to this request within 10 minutes',
          suggestion: 'Ask again.',
        },
      });
  });

  it('is denied a minute after the time for an answer, when nobody was asked', () =>
    given(...pending)
      .when(unasked)
      .then({
        type: 'AccessRequestDenied',
        data: {
          policy: { name: 'production-oncall', version: 'version-one' },
          code: 'approval_unavailable',
          message: 'the approval service asked nobody about this request in the time that it had',
          suggestion: 'Ask again, and tell the people who run Drawbridge.',
        },
      }));

  it.each<{ when: string; past: AccessEvent[] }>([
    { when: 'humans were asked, who have a clock of their own', past: [...pending, asked] },
    { when: 'it is approved', past: [...pending, approved(alice)] },
    { when: 'nobody has to be asked', past: [requested(), validated({ approval: noApproval })] },
    { when: 'it is granted', past: granted },
    { when: 'it is not judged', past: [requested()] },
  ])('is left alone when $when', ({ past }) =>
    given(...past)
      .when(unasked)
      .thenNothing(),
  );

  it('is left alone before its time, and when that time cannot be read', () => {
    given(...pending)
      .when({ ...unasked, at: '2026-01-05T09:30:59.999Z' })
      .thenNothing();
    specify(accessGrant, 'no time')
      .given(...pending)
      .when(unasked)
      .thenNothing();
  });
});

describe('issuing a grant', () => {
  it('follows the approval', () =>
    given(...ready)
      .when(issue)
      .then(issued()));

  it('lasts from now, not from the approval, and as long as the terms say', () => {
    const later = '2026-01-05T10:00:00.000Z';
    given(...ready)
      .when({ ...issue, circumstances: calm(later) })
      .then(issued({ startsAt: later, endsAt: '2026-01-05T10:15:00.000Z' }));
  });

  it('needs nobody where the policy asks nobody', () =>
    given(requested(), validated({ approval: noApproval }))
      .when({ ...issue, policies: policySet({ ...oncall, approval: noApproval }) })
      .then(issued({ approvers: [] })));

  it('T17 names the groups by which the policy covers the requester, and no other', () => {
    const requester = { ...agent, groups: ['others', ...agent.groups] };
    given(requested({}, requester), validated({ requester }), yes(alice), approved(alice))
      .when(issue)
      .then(issued({ grantee: requester, requiredGroups: ['oncall-agents'] }));
  });

  it('names the approvers that count, in the order of their approval', () => {
    const two = { ...oneHuman, count: 2 };
    given(
      requested(),
      validated({ approval: two }),
      yes(dana),
      yes(bob),
      yes(alice),
      approved(dana),
    )
      .when({ ...issue, policies: policySet({ ...oncall, approval: two }) })
      .then(issued({ approvers: [bob, alice] }));
  });

  it.each<{ when: string; past: AccessEvent[] }>([
    { when: 'nothing was asked', past: [] },
    { when: 'it is not judged', past: [requested()] },
    { when: 'nobody approved', past: pending },
    { when: 'the approval is not complete', past: [...pending, yes(alice)] },
    { when: 'it is granted already', past: granted },
    { when: 'it was withdrawn after the approval', past: [...ready, withdrawn] },
    {
      when: 'it was rejected',
      past: [...pending, refusedBy(alice), endings.AccessRequestRejected],
    },
    { when: 'it was rejected after all', past: [...ready, endings.AccessRequestRejected] },
    { when: 'it lapsed', past: [...pending, endings.AccessRequestLapsed, approved(alice)] },
    { when: 'it was denied', past: [...ready, endings.AccessRequestDenied] },
    { when: 'the grant has expired', past: [...granted, endings.GrantExpired] },
    { when: 'the grant was revoked', past: [...granted, endings.GrantRevoked, ...ready] },
  ])('does nothing when $when', ({ past }) =>
    given(...past)
      .when(issue)
      .thenNothing(),
  );

  it.each<{ when: string; past: AccessEvent[] }>([
    { when: 'no approval is in the history', past: [...pending, approved(alice)] },
    { when: 'the owner approved', past: [...pending, yes(dana), approved(dana)] },
    { when: 'the agent approved', past: [...pending, yes(agent), approved(agent)] },
    {
      when: 'a human of no approver group approved',
      past: [...pending, yes({ ...alice, groups: ['developers'] }), approved(alice)],
    },
    {
      when: 'one of two approved, twice',
      past: [
        requested(),
        validated({ approval: { ...oneHuman, count: 2 } }),
        yes(alice),
        yes({ ...alice, subject: 'alice.admin' }),
        approved(alice, bob),
      ],
    },
    {
      when: 'somebody said no before',
      past: [...pending, refusedBy(bob), yes(alice), approved(alice)],
    },
    { when: 'somebody said no after', past: [...ready, refusedBy(bob)] },
    {
      when: 'the approval was given before it was asked for',
      past: [requested(), yes(alice), validated(), approved(alice)],
    },
  ])('ends the request when it is called approved but $when', ({ past }) =>
    given(...past)
      .when(issue)
      .then({
        type: 'AccessRequestDenied',
        data: {
          policy: { name: 'production-oncall', version: 'version-one' },
          code: 'approval_incomplete',
          message:
            'the request was reported as approved, but its history does not hold the approvals',
          suggestion: 'Ask again, and tell the people who run Drawbridge.',
        },
      }),
  );
});

describe('policies that changed since the request was validated', () => {
  it('do not matter while they still allow the terms, which stay as they were approved', () =>
    given(...ready)
      .when({ ...issue, policies: changed({ ...oncall, maxDurationSeconds: 3600 }) })
      .then(issued({ policy: { name: 'production-oncall', version: 'version-two' } })));

  it.each<{ how: string; policy: Policy | undefined; reason: string }>([
    {
      how: 'is gone',
      policy: undefined,
      reason: 'no policy is for you: agent in "oncall-agents"',
    },
    {
      how: 'has another name',
      policy: { ...oncall, name: 'another' },
      reason: 'policy "production-oncall" no longer covers this request',
    },
    {
      how: 'is for another group',
      policy: { ...oncall, subjects: { groups: ['others'], kinds: ['agent'] } },
      reason: 'no policy is for you: agent in "oncall-agents"',
    },
    {
      how: 'is for another connection',
      policy: { ...oncall, connections: { names: [], environments: ['staging'] } },
      reason: 'no policy lets you ask for connection "prod-eks"',
    },
    {
      how: 'offers other actions',
      policy: { ...oncall, actions: ['view'] },
      reason: 'no policy lets you ask for action "rollout-restart" here',
    },
    {
      how: 'covers other namespaces',
      policy: { ...oncall, namespaces: ['default'] },
      reason: 'policy "production-oncall" covers default, not payments',
    },
    {
      how: 'refuses the time',
      policy: { ...oncall, maxDurationSeconds: 600 },
      reason: 'policy "production-oncall" allows at most 600 s, not 900 s',
    },
    {
      how: 'would cut the time',
      policy: { ...oncall, maxDurationSeconds: 600, whenTooWide: 'cut' },
      reason: 'policy "production-oncall" now allows at most 600 s',
    },
    {
      how: 'wants more humans',
      policy: { ...oncall, approval: { ...oneHuman, count: 2 } },
      reason: 'policy "production-oncall" now wants other approvals',
    },
    {
      how: 'wants other humans',
      policy: { ...oncall, approval: { ...oneHuman, groups: ['managers'] } },
      reason: 'policy "production-oncall" now wants other approvals',
    },
  ])('end the request, and a grant, when the policy $how', ({ policy, reason }) => {
    const set = changed(policy);
    given(...ready)
      .when({ ...issue, policies: set })
      .then({
        type: 'AccessRequestDenied',
        data: {
          policy: { name: 'production-oncall', version: 'version-one' },
          code: 'policy_changed',
          message: `the policies changed while the request was under way: ${reason}`,
          suggestion: 'Ask again.',
        },
      });
    given(...granted)
      .when({ type: 'RecheckGrant', policies: set, circumstances: calm() })
      .then({
        type: 'GrantRevoked',
        data: { grantId, reason: `the policies changed: ${reason}`, cause: 'policy' },
      });
  });

  const issueUnder = (more: Partial<PolicySet>) =>
    accessGrant.decide(
      { ...issue, policies: { ...policies, version: 'version-two', ...more } },
      given(...ready).state(),
    );

  it('end the request when the action means something else', () => {
    const actions = policies.actions.map((action) => ({
      ...action,
      rules: action.rules.map((rule) => ({ ...rule, verbs: ['get', 'delete'] })),
    }));
    expect(issueUnder({ actions })).toMatchObject({ data: { code: 'policy_changed' } });
  });

  it('end the request when the connection belongs to another environment', () => {
    const connections = [{ name: 'prod-eks', environment: 'production-eu' }];
    expect(issueUnder({ connections })).toMatchObject({
      data: {
        code: 'policy_changed',
        message:
          'the policies changed while the request was under way: connection "prod-eks" now belongs to environment "production-eu"',
      },
    });
  });

  it.each<{ when: string; past: AccessEvent[]; command: AccessGrantCommand }>([
    {
      when: 'they allow it still',
      past: granted,
      command: { type: 'RecheckGrant', policies: changed(oncall), circumstances: calm() },
    },
    {
      when: 'the grant is over',
      past: granted,
      command: { type: 'RecheckGrant', policies: changed(undefined), circumstances: calm(endsAt) },
    },
    {
      when: 'there is no grant yet',
      past: ready,
      command: { type: 'RecheckGrant', policies: changed(undefined), circumstances: calm() },
    },
    {
      when: 'the grant was revoked',
      past: [...granted, endings.GrantRevoked],
      command: { type: 'RecheckGrant', policies: changed(undefined), circumstances: calm() },
    },
  ])('leave a grant alone when $when', ({ past, command }) =>
    given(...past)
      .when(command)
      .thenNothing(),
  );
});

describe('taking back a grant', () => {
  it('follows the withdrawal of its request', () =>
    given(...granted, withdrawn)
      .when(takeBack)
      .then({
        type: 'GrantRevoked',
        data: {
          grantId,
          by: agent,
          reason: 'the requester withdrew the request',
          cause: 'withdrawn',
        },
      }));

  it.each<{ when: string; past: AccessEvent[]; command: AccessGrantCommand }>([
    { when: 'nobody withdrew', past: granted, command: takeBack },
    { when: 'there was no grant', past: [...ready, withdrawn], command: takeBack },
    {
      when: 'it was taken back already',
      past: [...granted, withdrawn, endings.GrantRevoked],
      command: takeBack,
    },
    {
      when: 'it is over anyway',
      past: [...granted, withdrawn],
      command: { ...takeBack, at: endsAt },
    },
  ])('does nothing when $when', ({ past, command }) =>
    given(...past)
      .when(command)
      .thenNothing(),
  );
});

describe('expiring a grant', () => {
  const expired: AccessEvent = { type: 'GrantExpired', data: { grantId, endsAt } };
  const late = '2027-01-01T00:00:00.000Z';

  it.each([endsAt, late])('happens from its end on: %s', (when) =>
    given(...granted)
      .when(expire(when))
      .then(expired),
  );

  it('happens once withdrawn too, when the taking back came too late', () =>
    given(...granted, withdrawn)
      .when(expire(endsAt))
      .then(expired));

  it('is not prevented by what others append afterwards', () =>
    given(
      ...granted,
      endings.AccessRequestDenied,
      endings.AccessRequestLapsed,
      endings.AccessRequestRejected,
    )
      .when(expire(endsAt))
      .then(expired));

  it.each<{ when: string; past: AccessEvent[]; command: AccessGrantCommand }>([
    { when: 'it is still open', past: granted, command: expire('2026-01-05T09:14:59.999Z') },
    { when: 'there is none', past: ready, command: expire(late) },
    { when: 'it is recorded', past: [...granted, endings.GrantExpired], command: expire(late) },
    { when: 'it was revoked', past: [...granted, endings.GrantRevoked], command: expire(late) },
  ])('does nothing when $when', ({ past, command }) =>
    given(...past)
      .when(command)
      .thenNothing(),
  );
});

describe('a grant whose agent has left the groups that it is for', () => {
  const leave = (tokenIssuedAt: string, when = at) =>
    ({ type: 'TakeFromLeaver', tokenIssuedAt, at: when }) as const;
  const reason = 'the agent is no longer a member of the groups that the grant is for';
  const behind = new Date(Date.parse(at) + 1_000).toISOString();

  it('is taken back', () =>
    given(...granted)
      .when(leave(behind))
      .then({ type: 'GrantRevoked', data: { grantId, reason, cause: 'group_lost' } }));

  it('stays when the token is no younger, when it is over, and when there is none', () => {
    given(...granted)
      .when(leave(at))
      .thenNothing();
    given(...granted)
      .when(leave(behind, endsAt))
      .thenNothing();
    given(...ready)
      .when(leave(behind))
      .thenNothing();
  });
});

describe('a grant that is used up', () => {
  const limits: GrantLimits = { maxChanges: 1, endWhenUsedUp: true };
  const use = (calls: number, changes: number, ...running: string[]) => ({
    type: 'EndUsedUp' as const,
    use: { calls, changes, running: new Set(running) },
    at,
  });
  const withLimits = (given: GrantLimits) => [
    requested({ limits: given }),
    validated({ terms: { ...terms, limits: given } }),
    yes(alice),
    approved(alice),
    issued({ terms: { ...terms, limits: given } }),
  ];

  it('ends', () =>
    given(...withLimits(limits))
      .when(use(3, 1))
      .then(endings.GrantEnded));

  it.each<{ when: string; past: AccessEvent[]; command: AccessGrantCommand }>([
    { when: 'one of its calls is running', past: withLimits(limits), command: use(1, 1, 'x') },
    { when: 'it is not', past: withLimits(limits), command: use(3, 0) },
    { when: 'it may be looked by', past: withLimits({ maxChanges: 1 }), command: use(3, 1) },
    { when: 'it has no limits', past: granted, command: use(1_000, 1_000) },
    {
      when: 'it has ended',
      past: [...withLimits(limits), endings.GrantExpired],
      command: use(1, 1),
    },
    { when: 'it is over', past: withLimits(limits), command: { ...use(1, 1), at: endsAt } },
  ])('does nothing when $when', ({ past, command }) =>
    given(...past)
      .when(command)
      .thenNothing(),
  );
});

describe('a grant that may not go unused', () => {
  const limits: GrantLimits = { idleSeconds: 80 };
  const idle = [
    requested({ limits }),
    validated({ terms: { ...terms, limits } }),
    yes(alice),
    approved(alice),
    issued({ terms: { ...terms, limits } }),
  ];
  const startsMs = Date.parse(at);
  /** Seconds behind the start. */
  const look = (seconds: number, lastUsed?: number) => ({
    type: 'EndIdle' as const,
    lastUsedMs: lastUsed === undefined ? undefined : startsMs + lastUsed * 1_000,
    at: new Date(startsMs + seconds * 1_000).toISOString(),
  });
  const ended: AccessEvent = { type: 'GrantEnded', data: { grantId, cause: 'idle' } };

  it.each<[string, AccessGrantCommand]>([
    ['was never used', look(100)],
    ['was used long ago', look(150, 50)],
    ['was noted before it began', look(100, -500)],
  ])('ends a quarter late when it %s', (_, command) =>
    given(...idle)
      .when(command)
      .then(ended),
  );

  it.each<{ when: string; past: AccessEvent[]; command: AccessGrantCommand }>([
    { when: 'a quarter is missing', past: idle, command: look(99.9) },
    { when: 'it was used', past: idle, command: look(149.9, 50) },
    { when: 'it is used in the future', past: idle, command: look(150, 9_000) },
    { when: 'it may go unused', past: granted, command: look(800) },
    { when: 'it has ended', past: [...idle, endings.GrantRevoked], command: look(100) },
    { when: 'it is over', past: idle, command: look(900) },
  ])('does nothing when $when', ({ past, command }) =>
    given(...past)
      .when(command)
      .thenNothing(),
  );
});

describe('the state', () => {
  it('holds no date and no function, so that it can be stored', () => {
    const state = given(...granted).state();
    expect(JSON.parse(JSON.stringify(state))).toStrictEqual(state);
  });

  it('never opens again once closed', () => {
    for (const ending of Object.values(endings)) {
      const state = given(...pending, ending, ...granted).state();
      expect(state).toStrictEqual({ status: 'closed' });
    }
  });

  it('takes a grant only after a validation', () => {
    expect(given(requested(), issued()).state()).toMatchObject({ status: 'requested' });
    expect(given(issued()).state()).toStrictEqual({ status: 'absent' });
  });

  it('keeps the first grant', () => {
    const other = issued({ grantId: '0192d3f4-0000-7000-8000-00000000000a' });
    expect(given(...granted, other).state()).toMatchObject({ status: 'granted', grantId });
  });

  it('keeps the terms that were validated first', () => {
    const wider = validated({ terms: { ...terms, durationSeconds: 86_400 } });
    expect(given(...pending, wider).state()).toMatchObject({ terms });
  });
});
