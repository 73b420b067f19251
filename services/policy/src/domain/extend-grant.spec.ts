import { describe, expect, it } from 'vitest';
import type { AccessEvent, Principal } from '@drawbridge/contracts';
import { peopleOf } from '@drawbridge/people';
import { specify } from '@drawbridge/testing';
import {
  agreed,
  allowed,
  extended,
  extendingSet,
  oneOfSre,
  running,
  wished,
  yesTo,
} from '../../test/extension-story.js';
import {
  agent,
  alice,
  bob,
  calm,
  dana,
  documentOf,
  endings,
  given as yes,
  grantId,
  oncall,
  oneHuman,
  policySet,
  raisedStops,
  terms,
  withdrawn,
} from '../../test/story.js';
import { accessGrant, type AccessGrantCommand } from './access-grant.js';
import type { Circumstances } from './circumstances.js';
import type { PolicySet } from './policy-set.js';

const at = '2026-01-05T09:10:00.000Z';
const { given } = specify(accessGrant, '2026-01-05T09:09:00.000Z');
type Command = Extract<AccessGrantCommand, { type: 'JudgeExtension' }>;
const about = (policies: PolicySet, more: Partial<Circumstances> = {}) => ({
  policies,
  circumstances: { ...calm(at), ...more },
});
const judge = (policies = extendingSet(), more: Partial<Circumstances> = {}): Command => ({
  type: 'JudgeExtension',
  ...about(policies, more),
});
const extend = (policies = extendingSet(), more: Partial<Circumstances> = {}) =>
  ({ type: 'ExtendGrant', ...about(policies, more) }) as const;

/** What a command leads to: the code of a denial, the end of an extension, or the type of the event. */
function becomes(command: AccessGrantCommand, ...past: readonly AccessEvent[]) {
  const state = given(...past).state();
  const event = accessGrant.decide(command, state);
  if (event?.type === 'ExtensionDenied') return event.data.code;
  return event?.type === 'GrantExtended' ? event.data.endsAt : event?.type;
}
const asked = [...running, wished()];
const ready = [...asked, allowed(), yesTo(alice), agreed()];

describe('more time that an agent asks for', () => {
  it('is judged by the policy of the grant, with what that asks of a request', () =>
    given(...asked)
      .when(judge())
      .then({
        type: 'ExtensionValidated',
        data: {
          round: 2,
          policy: { name: 'production-oncall', version: 'version-one' },
          seconds: 600,
          approval: oneOfSre,
          risk: {
            level: 'medium',
            reasons: ['changes in environment "production"'],
            score: 30,
            factors: [{ points: 30, reason: 'changes in environment "production"', by: 'rule' }],
          },
        },
      }));

  it.each<readonly [string, PolicySet, AccessEvent, string]>([
    ['nowhere, unless a policy says so', policySet(oncall), wished(), 'extension_not_allowed'],
    ['more than it gives at once', extendingSet(), wished(601), 'extension_too_long'],
    [
      'more than it gives in all',
      extendingSet({ extension: { maxSeconds: 3600, maxTotalSeconds: 1800 } }),
      wished(901),
      'extension_too_long',
    ],
    [
      'longer than a day, whatever policies say',
      extendingSet({ extension: { maxSeconds: 86_400, maxTotalSeconds: 200_000 } }),
      wished(86_000),
      'extension_too_long',
    ],
    [
      'where a ticket system has to say yes',
      extendingSet({
        approval: {
          ...oneOfSre,
          steps: [...oneOfSre.steps, { type: 'ticket', name: 'change', webhook: 'jira' }],
        },
      }),
      wished(),
      'extension_not_allowed',
    ],
    ['by a policy that is gone', policySet(), wished(), 'policy_changed'],
    [
      'for a scope that the policy gives no more',
      extendingSet({ namespaces: ['other'] }),
      wished(),
      'namespace_not_allowed',
    ],
    [
      'for a reason that the policy does not take',
      extendingSet({ reason: { minLength: 100 } }),
      wished(),
      'reason_too_short',
    ],
  ])('is not given %s', (...[, policies, wish, code]) =>
    expect(becomes(judge(policies), ...running, wish)).toBe(code),
  );

  it('says how much is left of what the policy gives in all', () => {
    const policies = extendingSet({ extension: { maxSeconds: 3600, maxTotalSeconds: 1800 } });
    const event = accessGrant.decide(judge(policies), given(...running, wished(901)).state());
    expect(event?.data).toMatchObject({ suggestion: 'Ask for 900 s or less.' });
  });

  it('may be as long as the policy of the request is not', () =>
    expect(becomes(judge(extendingSet({ maxDurationSeconds: 900 })), ...asked)).toBe(
      'ExtensionValidated',
    ));

  it('is not given while bridges are raised, nor to a grant that is used up', () => {
    expect(becomes(judge(extendingSet(), { stops: raisedStops() }), ...asked)).toBe(
      'bridges_raised',
    );
    const limits = { maxCalls: 2 };
    const limited = running.map((event) =>
      event.type === 'GrantIssued'
        ? { ...event, data: { ...event.data, terms: { ...terms, limits } } }
        : event,
    );
    const used = { calls: 2, changes: 0, running: new Set<string>() };
    expect(becomes({ ...judge(), use: used }, ...limited, wished())).toBe('grant_used_up');
    expect(becomes({ ...judge(), use: { ...used, calls: 1 } }, ...limited, wished())).toBe(
      'ExtensionValidated',
    );
  });

  it('is not given to an agent whose own token says that it has left', () => {
    const askedBy = (by: Principal): AccessEvent => ({
      type: 'ExtensionRequested',
      data: { ...wished().data, by },
    });
    const left = { ...agent, groups: ['others'] };
    expect(becomes(judge(), ...running, askedBy(left))).toBe('requester_left');
    expect(becomes(judge(), ...running, askedBy(alice))).toBe('ExtensionValidated');
  });

  it('is judged once, in turn, and not after the end or an order to end', () => {
    expect(becomes(judge(), ...running)).toBeUndefined();
    expect(becomes(judge(), ...asked, allowed())).toBeUndefined();
    expect(becomes(judge(), ...running, wished(600, 3))).toBeUndefined();
    expect(becomes(judge(), ...asked, withdrawn)).toBeUndefined();
    const order = { by: alice, via: 'http' as const, reason: 'x' };
    expect(becomes(judge(), ...asked, { type: 'RevocationOrdered', data: order })).toBeUndefined();
    for (const end of ['GrantRevoked', 'GrantExpired', 'GrantEnded'] as const) {
      expect(becomes(judge(), ...asked, endings[end])).toBeUndefined();
    }
    expect(
      becomes(judge(extendingSet(), { at: '2026-01-05T09:15:00.000Z' }), ...asked),
    ).toBeUndefined();
  });

  it('is not judged when nobody can wait for it any more', () => {
    const past = specify(accessGrant, '2026-01-05T09:00:00.000Z').given(...asked);
    const late = '2026-01-05T09:10:00.000Z';
    expect(
      accessGrant.decide(judge(extendingSet(), { at: late }), past.state())?.data,
    ).toMatchObject({
      code: 'judged_too_late',
    });
  });

  it('is given at once where the rule by which nobody is asked holds for all of the time', () => {
    const rule = (maxDurationSeconds: number) => ({
      autoApprove: [{ name: 'small', actions: ['rollout-restart'], when: { maxDurationSeconds } }],
    });
    const event = (most: number) =>
      accessGrant.decide(judge(extendingSet(rule(most))), given(...asked).state());
    expect(event(1500)?.data).toMatchObject({
      approval: { type: 'none' },
      autoApproved: 'small',
    });
    expect(event(1499)?.data).toMatchObject({ approval: { type: 'steps' } });
  });
});

describe('a grant is extended', () => {
  it('behind its end, by those who said yes to this round', () =>
    given(...ready)
      .when(extend())
      .then({
        type: 'GrantExtended',
        data: { grantId, round: 2, endsAt: '2026-01-05T09:25:00.000Z', approvers: [alice] },
      }));

  it('at once where nobody is asked', () =>
    expect(becomes(extend(), ...asked, allowed({ approval: { type: 'none' } }))).toBe(
      '2026-01-05T09:25:00.000Z',
    ));

  it('by as much as approvers left of it', () =>
    expect(
      becomes(
        extend(),
        ...asked,
        allowed(),
        yesTo(alice, { narrow: { durationSeconds: 60 } }),
        agreed(),
      ),
    ).toBe('2026-01-05T09:16:00.000Z'));

  it.each<[string, readonly AccessEvent[]]>([
    ['who approved the request itself', [yesTo(alice, { round: undefined })]],
    ['who approved another round', [yesTo(alice, { round: 3 })]],
    ['who owns the agent', [yesTo(dana)]],
    ['who is the agent', [yesTo({ ...agent, groups: ['sre-oncall'] })]],
    ['who is in no group that is asked', [yesTo({ ...alice, groups: [] })]],
    ['who gives other rules', [yesTo(alice, { narrow: { rules: terms.rules } })]],
    ['who also said no', [yesTo(alice), noTo()]],
  ])('not by the word of approval, nor by one %s', (_, said) =>
    expect(becomes(extend(), ...asked, allowed(), ...said, agreed())).toBe('approval_incomplete'),
  );

  it('not by the approvals of the request, also when they would be enough', () => {
    const before = running.flatMap((event): AccessEvent[] =>
      event.type === 'GrantIssued' ? [yes(alice), yes(bob), event] : [event],
    );
    expect(becomes(extend(), ...before, wished(), allowed(), agreed())).toBe('approval_incomplete');
  });

  it('not while humans are still asked', () =>
    expect(becomes(extend(), ...asked, allowed(), yesTo(alice))).toBeUndefined());

  it('not by a human who lost their say', () => {
    expect(
      becomes(
        extend(extendingSet(), { isDisabled: ({ subject }) => subject === 'alice' }),
        ...ready,
      ),
    ).toBe('approval_incomplete');
    const people = peopleOf(
      [{ ...documentOf(alice), spec: { ...documentOf(alice).spec, groups: [] } }],
      [],
    );
    expect(becomes(extend({ ...extendingSet(), people }), ...ready)).toBe('approval_incomplete');
    const voided = { approver: alice, reason: 'taken_back', round: 2 } as const;
    expect(
      becomes(extend(), ...ready.slice(0, -1), { type: 'ApprovalVoided', data: voided }, agreed()),
    ).toBe('approval_incomplete');
  });

  it('not when it has ended, or is to end', () => {
    const late = extend(extendingSet(), { at: '2026-01-05T09:15:00.000Z' });
    expect(becomes(late, ...ready)).toBeUndefined();
    expect(becomes(extend(), ...ready, withdrawn)).toBeUndefined();
    const order = { by: alice, via: 'http' as const, reason: 'x' };
    expect(becomes(extend(), ...ready, { type: 'RevocationOrdered', data: order })).toBeUndefined();
    for (const end of ['GrantRevoked', 'GrantExpired', 'GrantEnded'] as const) {
      expect(becomes(extend(), ...ready, endings[end])).toBeUndefined();
    }
  });

  it('not while bridges are raised', () =>
    expect(becomes(extend(extendingSet(), { stops: raisedStops() }), ...ready)).toBe(
      'bridges_raised',
    ));

  it('not when policies changed so that they would not give it', () => {
    const changed = (more: Parameters<typeof extendingSet>[0]) => ({
      ...extendingSet(more),
      version: 'version-two',
    });
    expect(becomes(extend(changed({})), ...ready)).toBe('2026-01-05T09:25:00.000Z');
    expect(becomes(extend({ ...policySet(oncall), version: 'version-two' }), ...ready)).toBe(
      'policy_changed',
    );
    const less = { extension: { maxSeconds: 300, maxTotalSeconds: 1800 } };
    expect(becomes(extend(changed(less)), ...ready)).toBe('policy_changed');
    expect(becomes(extend(changed({ approval: { ...oneHuman, count: 2 } })), ...ready)).toBe(
      'policy_changed',
    );
    expect(becomes(extend(changed({ namespaces: ['other'] })), ...ready)).toBe('policy_changed');
  });

  it('not when nobody was asked and the moment has passed', () => {
    const auto = allowed({ approval: { type: 'none' }, autoApproved: 'small' });
    const rule = {
      name: 'small',
      actions: ['rollout-restart'],
      when: { environments: ['production'] },
    };
    const policies = extendingSet({ autoApprove: [rule] });
    expect(becomes(extend(policies), ...asked, auto)).toBe('2026-01-05T09:25:00.000Z');
    const longer = [...running, wished(600, 2), auto];
    const state = [...longer].reduce(
      (folded, event) => accessGrant.evolve(folded, event, '2026-01-05T09:00:00.000Z'),
      accessGrant.initial,
    );
    const late = extend(policies, { at: '2026-01-05T09:12:00.000Z' });
    expect(accessGrant.decide(late, state)?.data).toMatchObject({ code: 'judged_too_late' });
  });

  it('once for each round', () => {
    expect(becomes(extend(), ...ready, extended())).toBeUndefined();
    expect(becomes(judge(), ...ready, extended())).toBeUndefined();
  });
});

function noTo(): AccessEvent {
  return { type: 'ApprovalDenied', data: { approver: alice, via: 'slack', round: 2 } };
}

describe('a grant that was extended', () => {
  const longer = [...ready, extended()];
  const at16 = '2026-01-05T09:16:00.000Z';

  it('ends at its new end', () => {
    expect(becomes({ type: 'ExpireGrant', at: at16 }, ...longer)).toBeUndefined();
    given(...longer)
      .when({ type: 'ExpireGrant', at: '2026-01-05T09:25:00.000Z' })
      .then({
        type: 'GrantExpired',
        data: { grantId, endsAt: '2026-01-05T09:25:00.000Z' },
      });
  });

  it('can be extended again, up to what the policy gives in all', () => {
    const more = extendingSet();
    expect(becomes(judge(more, { at: at16 }), ...longer, wished(300, 3))).toBe(
      'ExtensionValidated',
    );
    expect(becomes(judge(more, { at: at16 }), ...longer, wished(301, 3))).toBe(
      'extension_too_long',
    );
  });

  it('is taken back when policies no longer let it be open for so long', () => {
    const recheck = (policies: PolicySet): AccessGrantCommand => ({
      type: 'RecheckGrant',
      ...about(policies, { at: at16 }),
    });
    expect(becomes(recheck(extendingSet()), ...longer)).toBeUndefined();
    const less = { extension: { maxSeconds: 600, maxTotalSeconds: 1499 } };
    expect(becomes(recheck(extendingSet(less)), ...longer)).toBe('GrantRevoked');
  });

  it('gets no more time by the word of a ticket system, which is of the request alone', () => {
    const change = { type: 'ticket', name: 'change', webhook: 'jira' } as const;
    const steps = [...oneOfSre.steps, change];
    const told = running.map((event) =>
      event.type === 'GrantIssued'
        ? { ...event, data: { ...event.data, terms: { ...terms, ticket: 'CHG-1' } } }
        : event,
    );
    const word: AccessEvent = {
      type: 'TicketDecided',
      data: {
        step: 'change',
        webhook: 'jira',
        ticket: 'CHG-1',
        decision: 'approved',
        seen: 0,
        callbackId: 'callback-1',
      },
    };
    const wanted = allowed({ approval: { ...oneOfSre, steps } });
    const past = [...told, wished(), wanted, yesTo(alice), word, agreed()];
    expect(becomes(extend(), ...past)).toBe('approval_incomplete');
  });

  it('ends with who gave it more time, where the policy ends grants with their approvers', () => {
    const byOther = [...asked, allowed(), yesTo(bob), agreed(2, bob), extended()];
    const gone = (who: string): AccessGrantCommand => ({
      type: 'RecheckGrant',
      ...about(extendingSet({ revokeWithApprover: true }), {
        at: '2026-01-05T09:16:00.000Z',
        isDisabled: ({ subject }) => subject === who,
      }),
    });
    expect(becomes(gone('bob'), ...byOther)).toBe('GrantRevoked');
    expect(becomes(gone('carol'), ...byOther)).toBeUndefined();
    expect(becomes(gone('alice'), ...byOther)).toBe('GrantRevoked');
  });
});
