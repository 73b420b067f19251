import { describe, expect, it } from 'vitest';
import { specify } from '@drawbridge/testing';
import {
  accessDenied,
  accessRequested,
  agent,
  alice,
  approvalRequested,
  approvedBy,
  at,
  bob,
  carol,
  closedBy,
  dana,
  deniedBy,
  erin,
  givenBy,
  grantIssued,
  rejectedBy,
  stepsOf,
  terms,
  validated,
  voidedBy,
  withdrawn,
} from '../../test/sample-events.js';
import { accessApproval } from './access-approval.js';
import type { GiveApproval, VoidApproval } from './decide-by-human.js';

const { given } = specify(accessApproval);
const past = (more: Parameters<typeof stepsOf>[0] = {}) => {
  const approval = stepsOf(more);
  return [accessRequested, validated(approval), approvalRequested(approval)];
};
const parallel = past({ order: 'parallel' });
const approve = (approver = alice, more: Partial<GiveApproval> = {}): GiveApproval => ({
  type: 'GiveApproval',
  approver,
  via: 'slack',
  at,
  ...more,
});
const takeBack = (approver = alice, reason: VoidApproval['reason'] = 'taken_back') =>
  ({ type: 'VoidApproval', approver, reason, at }) as const;
const deny = (approver = alice) => ({ type: 'DenyApproval', approver, via: 'slack', at }) as const;
const complete = { type: 'CompleteApproval' } as const;
const lapse = { type: 'LapseRequest', at: '2026-01-05T09:30:00.000Z' } as const;
const onCall = { step: 'on-call' };
const lead = { step: 'lead' };

describe('steps one after the other', () => {
  it('are asked with what policy wants', () =>
    given(...past().slice(0, 2))
      .when({ type: 'RequestApproval', at })
      .then(approvalRequested(stepsOf())));

  it('note the step that was open, and the terms that were seen', () =>
    given(...past())
      .when(approve())
      .then(givenBy(alice, onCall)));

  it.each([
    { code: 'step_not_open', who: carol, why: 'before it is their turn' },
    { code: 'approver_not_in_group', who: erin, why: 'in none of the steps' },
  ])('refuse $who.subject with $code, $why', ({ code, who }) =>
    given(...past())
      .when(approve(who))
      .thenRefused(code),
  );

  it('refuse who meant a step that is done', () =>
    given(...past(), givenBy(alice, onCall))
      .when(approve({ ...bob, groups: ['sre-oncall', 'sre-leads'] }, onCall))
      .thenRefused('step_not_open'));

  it('refuse the second seat to one human, also with another account', () => {
    const twin = { ...alice, subject: 'alice.admin', groups: ['sre-leads'] };
    given(...past(), givenBy(alice, onCall))
      .when(approve(twin))
      .thenNothing();
  });

  it('are complete with the last one', () => {
    given(...past(), givenBy(alice, onCall))
      .when(complete)
      .thenNothing();
    given(...past(), givenBy(alice, onCall), givenBy(carol, lead))
      .when(complete)
      .then(closedBy(alice, carol));
  });

  it('lapse while one is missing', () => {
    given(...past(), givenBy(alice, onCall))
      .when(lapse)
      .then({ type: 'AccessRequestLapsed', data: { decideBy: lapse.at } });
    given(...past(), givenBy(alice, onCall), givenBy(carol, lead))
      .when(lapse)
      .thenNothing();
  });
});

it('the sponsor of the agent never has a say, whatever the policy says of its owner', () => {
  const approval = stepsOf({ excludeOwner: false });
  const asked = validated(approval, { ...agent, sponsor: 'Bob@corp.test' });
  const all = [accessRequested, asked, approvalRequested(approval)];
  given(...all)
    .when(approve(bob))
    .thenRefused('sponsor_approval');
  given(...all)
    .when(deny(bob))
    .thenRefused('sponsor_approval');
  given(...all)
    .when(approve(dana))
    .then(givenBy(dana, onCall));
});

it('the human on whose behalf it is asked never has a say, with no account of theirs', () => {
  const approval = stepsOf();
  const { issuer, subject } = bob;
  const onBehalfOf = { issuer, subject, email: 'Bob@corp.test', proof: 'token' as const };
  const asked = validated(approval, agent, { onBehalfOf });
  const all = [accessRequested, asked, approvalRequested(approval)];
  const twin = { ...bob, issuer: 'https://other.test', subject: 'bob.admin' };
  for (const account of [bob, twin]) {
    given(...all)
      .when(approve(account))
      .thenRefused('behalf_approval');
    given(...all)
      .when(deny(account))
      .thenRefused('behalf_approval');
  }
  given(...all)
    .when(approve(alice))
    .then(givenBy(alice, onCall));
});

describe('steps at once', () => {
  it('take whoever comes, in any order', () => {
    given(...parallel)
      .when(approve(carol))
      .then(givenBy(carol));
    given(...parallel, givenBy(carol), givenBy(alice))
      .when(complete)
      .then(closedBy(carol, alice));
  });

  it('tell who is not needed', () =>
    given(...parallel, givenBy(alice))
      .when(approve(bob))
      .thenRefused('seat_not_needed'));
});

describe('denials under a threshold', () => {
  const two = past({ denyThreshold: 2 });

  it('end it only when there are enough', () => {
    given(...two, deniedBy(alice))
      .when({ type: 'RejectRequest' })
      .thenNothing();
    given(...two, deniedBy(alice))
      .when(approve(bob))
      .then(givenBy(bob, onCall));
    given(...two, deniedBy(alice, 'no'), deniedBy(carol, 'never'))
      .when({ type: 'RejectRequest' })
      .then(rejectedBy(carol, 'never'));
  });

  it('take the yes of who denies', () =>
    given(...two, givenBy(alice, onCall), deniedBy(alice), givenBy(carol, lead))
      .when(complete)
      .thenNothing());

  it('count one human once', () =>
    given(...two, deniedBy(alice))
      .when(deny({ ...alice, subject: 'alice.admin' }))
      .thenNothing());

  it('let nobody approve after their no', () =>
    given(...two, deniedBy(alice))
      .when(approve(alice))
      .thenRefused('request_not_pending'));
});

describe('narrowing', () => {
  const shorter = { durationSeconds: 300 };
  const narrowed = [...past(), givenBy(alice, { ...onCall, narrow: shorter })];

  it('is noted with the approval', () =>
    given(...past())
      .when(approve(alice, { narrow: shorter }))
      .then(givenBy(alice, { ...onCall, narrow: shorter })));

  it('makes everybody look again', () => {
    given(...narrowed)
      .when(approve(carol))
      .thenRefused('terms_changed');
    given(...narrowed)
      .when(approve(carol, { seen: 1 }))
      .then(givenBy(carol, { ...lead, seen: 1 }));
  });

  it.each([
    { durationSeconds: 901 },
    { durationSeconds: 0 },
    { rules: [] },
    { rules: [{ ...terms.rules[0]!, verbs: ['delete'] }] },
    { rules: [{ ...terms.rules[0]!, namespaces: ['payments', 'default'] }] },
  ])('never widens: %o', (narrow) =>
    given(...past())
      .when(approve(alice, { narrow }))
      .thenRefused('narrowing_widens'),
  );

  it('is nothing for a request that is not asked in steps', () =>
    given(accessRequested, validated(), approvalRequested())
      .when(approve(alice, { narrow: shorter }))
      .thenRefused('narrowing_not_possible'));
});

describe('a say that is taken away', () => {
  const approved = [
    ...past(),
    givenBy(alice, onCall),
    givenBy(carol, lead),
    closedBy(alice, carol),
  ];

  it('opens its step again, and keeps what came later', () => {
    const state = [...past(), givenBy(alice, onCall), givenBy(carol, lead), voidedBy(alice)];
    given(...state)
      .when(complete)
      .thenNothing();
    given(...state)
      .when(approve(bob))
      .then(givenBy(bob, onCall));
    given(...state, givenBy(bob, onCall))
      .when(complete)
      .then(closedBy(carol, bob));
  });

  it('is recorded of the account that gave it', () =>
    given(...past(), givenBy(alice, onCall))
      .when(takeBack({ ...alice, subject: 'alice.admin' }))
      .then(voidedBy(alice)));

  it('can still go between the approval and the grant', () =>
    given(...approved)
      .when(takeBack(carol, 'left_group'))
      .then(voidedBy(carol, 'left_group')));

  it.each([
    { end: grantIssued, when: 'once the grant stands' },
    { end: accessDenied, when: 'once policy denied it' },
    { end: withdrawn, when: 'once it is withdrawn' },
  ])('is refused $when', ({ end }) => {
    given(...approved, end)
      .when(takeBack())
      .thenRefused('request_not_pending');
    given(...approved, end)
      .when(takeBack(alice, 'disabled'))
      .thenNothing();
  });

  it('was there before', () => {
    given(...past())
      .when(takeBack())
      .thenRefused('approval_not_given');
    given(...past(), givenBy(alice, onCall), voidedBy(alice))
      .when(takeBack(alice, 'disabled'))
      .thenNothing();
    given(...approved, voidedBy(alice))
      .when(takeBack())
      .thenRefused('approval_not_given');
    given().when(takeBack()).thenRefused('approval_unknown');
  });

  it('goes ten times and not more often', () => {
    const turns = Array.from({ length: 10 }, () => [givenBy(alice, onCall), voidedBy(alice)]);
    given(...past(), ...turns.flat(), givenBy(alice, onCall))
      .when(takeBack())
      .thenRefused('too_many_take_backs');
    given(...past(), ...turns.flat(), givenBy(alice, onCall))
      .when(takeBack(alice, 'disabled'))
      .then(voidedBy(alice, 'disabled'));
  });
});

it('an approval of a request that is not asked in steps is written as ever', () =>
  expect(
    accessApproval.decide(
      approve(),
      [accessRequested, validated(), approvalRequested()].reduce(
        (state, event) => accessApproval.evolve(state, event),
        accessApproval.initial,
      ),
    ),
  ).toStrictEqual(approvedBy(alice)));
