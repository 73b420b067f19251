import { describe, expect, it } from 'vitest';
import { specify } from '@drawbridge/testing';
import { Members, peopleOf } from '@drawbridge/people';
import type { AccessEvent, Member, Principal } from '@drawbridge/contracts';
import {
  agent,
  alice,
  approved,
  at,
  bob,
  calm,
  carol,
  dana,
  documentOf,
  given as yes,
  grantId,
  issued,
  oncall,
  oneHuman,
  policySet,
  requested,
  twoSteps,
  validated,
  voidedOf,
} from '../../test/story.js';
import { accessGrant } from './access-grant.js';
import type { Circumstances } from './circumstances.js';
import type { PolicySet } from './policy-set.js';

const { given } = specify(accessGrant, at);
const later = new Date(Date.parse(at) + 60_000).toISOString();
const says = (who: Principal, more: Partial<Member> = {}): Member => ({
  ...{ issuer: who.issuer, subject: who.subject, isGone: false },
  ...{ groups: who.groups, readAt: later, ...more },
});
const knowing = (...readings: readonly Member[]): Circumstances => {
  const members = new Members();
  for (const reading of readings) members.take(reading);
  return { ...calm(later), members: members.of };
};
const gone = (who: Principal) => knowing(says(who, { isGone: true, groups: [] }));
const out = (who: Principal) => knowing(says(who, { groups: ['developers'] }));
const policies = policySet(oncall);
const ready = [requested(), validated(), yes(alice, { via: 'http' }), approved(alice)];
const granted = [...ready, issued()];
const recheck = (circumstances: Circumstances, set: PolicySet = policies) =>
  ({ type: 'RecheckGrant', policies: set, circumstances }) as const;
const issue = (circumstances: Circumstances) =>
  ({ type: 'IssueGrant', grantId, policies, circumstances }) as const;
const revoked = (reason: string, cause: 'group_lost' | 'approver_lost'): AccessEvent => ({
  type: 'GrantRevoked',
  data: { grantId, reason, cause },
});

describe('a grant whose agent the directory no longer counts', () => {
  it.each([
    ['is gone', gone(agent), 'the directory no longer knows the agent'],
    [
      'left the group',
      out(agent),
      'the directory no longer counts the agent among the groups that the grant is for',
    ],
  ])('is taken back when it %s', (_, circumstances, reason) =>
    given(...granted)
      .when(recheck(circumstances))
      .then(revoked(reason, 'group_lost')),
  );

  it('is not issued', () => {
    const state = ready.reduce(
      (before, event) => accessGrant.evolve(before, event, at),
      accessGrant.initial,
    );
    for (const circumstances of [gone(agent), out(agent)]) {
      expect(accessGrant.decide(issue(circumstances), state)).toMatchObject({
        type: 'AccessRequestDenied',
        data: { code: 'requester_left' },
      });
    }
  });

  it.each<[string, Circumstances]>([
    ['one group is enough', knowing(says(agent, { groups: ['x', 'oncall-agents'] }))],
    ['the reading is older than the token', knowing(says(agent, { groups: [], readAt: at }))],
    ['another is gone', gone({ ...agent, subject: 'agent-other' })],
    ['nobody was asked', knowing()],
  ])('stays when %s', (_, circumstances) => {
    given(...granted)
      .when(recheck(circumstances))
      .thenNothing();
    const state = ready.reduce(
      (before, event) => accessGrant.evolve(before, event, at),
      accessGrant.initial,
    );
    expect(accessGrant.decide(issue(circumstances), state)?.type).toBe('GrantIssued');
  });

  it('without noted groups is taken back only when it is gone', () => {
    const old = [...ready, issued({ requiredGroups: undefined })];
    given(...old)
      .when(recheck(out(agent)))
      .thenNothing();
    given(...old)
      .when(recheck(gone(agent)))
      .then(revoked('the directory no longer knows the agent', 'group_lost'));
  });
});

describe('a grant whose approver lost their say afterwards', () => {
  const strict = policySet({ ...oncall, revokeWithApprover: true });
  const ended = revoked('an approver of the grant has lost their say', 'approver_lost');
  const disabled = { ...calm(later), isDisabled: ({ subject }: Principal) => subject === 'alice' };

  it.each([
    ['is gone', gone(alice)],
    ['left the group', out(alice)],
    ['is disabled', disabled],
  ])('stays when they %s, unless the policy says otherwise', (_, circumstances) => {
    given(...granted)
      .when(recheck(circumstances))
      .thenNothing();
    given(...granted)
      .when(recheck(circumstances, strict))
      .then(ended);
  });

  it('stays while they keep it', () =>
    given(...granted)
      .when(recheck(knowing(says(alice)), strict))
      .thenNothing());

  it('stays where nobody had to approve', () =>
    given(requested(), validated({ approval: { type: 'none' } }), issued({ approvers: [] }))
      .when(
        recheck(
          gone(alice),
          policySet({ ...oncall, approval: { type: 'none' }, revokeWithApprover: true }),
        ),
      )
      .thenNothing());
});

describe('a request that lost an approval', () => {
  const people = (...humans: readonly Principal[]) => peopleOf(humans.map(documentOf), []);
  const end = (set: PolicySet, circumstances = calm()) =>
    ({ type: 'EndUnapprovable', policies: set, circumstances }) as const;
  const of = (...humans: readonly Principal[]) => ({ ...policies, people: people(...humans) });
  const voided = [requested(), validated(), yes(alice), voidedOf(alice)];
  const denied = (past: readonly AccessEvent[], command: ReturnType<typeof end>) => {
    const state = past.reduce(
      (before, event) => accessGrant.evolve(before, event, at),
      accessGrant.initial,
    );
    const event = accessGrant.decide(command, state);
    return event?.type === 'AccessRequestDenied' ? event.data.code : event?.type;
  };
  const code = 'no_eligible_approver';

  it('ends at once when nobody is left', () => {
    expect(denied(voided, end(of(dana, carol)))).toBe(code);
    expect(denied(voided, end(of(alice), { ...calm(), isDisabled: () => true }))).toBe(code);
    expect(denied(voided, end(of(alice), gone(alice)))).toBe(code);
  });

  it.each<[string, readonly AccessEvent[], ReturnType<typeof end>]>([
    ['somebody is left', voided, end(of(bob))],
    ['the same human may approve again', voided, end(of(alice))],
    ['nobody says who the people are', voided, end(policies)],
    ['no approval was lost', [requested(), validated(), yes(alice)], end(of(dana))],
    ['it is granted', granted, end(of(dana))],
  ])('goes on when %s', (_, past, command) => expect(denied(past, command)).toBeUndefined());

  it('counts who has approved what is left, document or not', () => {
    const steps = twoSteps({ order: 'parallel' });
    const lead: Principal = { ...carol, groups: ['sre-leads'] };
    const past = [
      requested(),
      validated({ approval: steps }),
      yes(lead, { via: 'http' }),
      yes(alice, { via: 'http' }),
      voidedOf(alice),
    ];
    expect(denied(past, end(of(bob)))).toBeUndefined();
    expect(denied(past, end(of(dana)))).toBe(code);
    expect(denied([...past, voidedOf(lead)], end(of(bob)))).toBe(code);
    // Her document knows another group than her token.
    expect(denied(past, end(of(bob, { ...carol, groups: ['x'] })))).toBeUndefined();
  });

  it('in an old request of humans is judged as well', () => {
    const two = validated({ approval: { ...oneHuman, count: 2 } });
    const past = [requested(), two, yes(alice), yes(bob), voidedOf(bob)];
    expect(denied(past, end(of(alice)))).toBe(code);
    expect(denied(past, end(of(alice, bob)))).toBeUndefined();
  });
});
