import type { HoldEvent, Principal } from '@drawbridge/contracts';
import { specify } from '@drawbridge/testing';
import { describe, expect, it } from 'vitest';
import {
  agent,
  alice,
  approvedBy,
  at,
  bob,
  cancelled,
  commandId,
  dana,
  deniedBy,
  endorsedBy,
  erin,
  expired,
  grantId,
  held,
  heldForTwo,
  lapsed,
  limits,
  minute,
  noUsage,
  released,
  request,
} from '../../test/sample-holds.js';
import { hold, standingOf, type HoldCommandOf } from './hold.js';
import { MAX_HELD_CHARACTERS } from './hold-limits.js';

const { given } = specify(hold);
const ask = (changed: Partial<HoldCommandOf<'HoldCommand'>> = {}) =>
  ({ type: 'HoldCommand', request, usage: noUsage, limits, at, ...changed }) as const;
const approve = (approver = alice, minutes = 1) =>
  ({ type: 'ApproveHold', approver, via: 'slack', at: minute(minutes) }) as const;
const deny = (approver = alice, minutes = 1) =>
  ({ type: 'DenyHold', approver, via: 'slack', at: minute(minutes) }) as const;
const grant = { grantId, endsAt: minute(60) };
const release = (changed: Partial<HoldCommandOf<'ReleaseCommand'>> = {}) =>
  ({
    type: 'ReleaseCommand',
    commandId,
    digest: request.digest,
    grant,
    at: minute(2),
    ...changed,
  }) as const;
const orphan: Principal = { kind: 'agent', issuer: agent.issuer, subject: 'orphan', groups: [] };

describe('holding a call', () => {
  it('says until when humans may decide', () => given().when(ask()).then(held));

  it('never waits beyond the grant', () =>
    given()
      .when(ask({ request: { ...request, grantEndsAt: minute(3) } }))
      .then({
        type: 'CommandHeld',
        data: { ...request, grantEndsAt: minute(3), decideBy: minute(3), approvalSeconds: 300 },
      }));

  it.each([
    ['open', [held]],
    ['approved', [held, approvedBy(alice)]],
    ['released', [held, approvedBy(alice), released()]],
    ['denied', [held, deniedBy(alice)]],
  ])('joins one that is %s', (_what, past) =>
    given(...past)
      .when(ask())
      .thenNothing(),
  );

  it.each([
    ['hold_undecidable', 'nobody may approve', { approvers: { groups: [] } }],
    ['hold_undecidable', 'the agent has no owner', { agent: orphan }],
    ['hold_grant_ended', 'the grant is over', { grantEndsAt: at }],
    ['hold_grant_ended', 'nobody knows when the grant is over', { grantEndsAt: 'soon' }],
    [
      'hold_too_large',
      'nobody could read it all',
      { effect: { ...request.effect, diff: ['x'.repeat(MAX_HELD_CHARACTERS)] } },
    ],
  ])('is refused with %s when %s', (code, _why, changed) =>
    given()
      .when(ask({ request: { ...request, ...changed } }))
      .thenRefused(code),
  );

  it.each([
    [{ open: 1, lastHour: 9 }, false],
    [{ open: 2, lastHour: 2 }, true],
    [{ open: 0, lastHour: 10 }, true],
  ])('with %j asked already is refused: %s', (usage, isRefused) =>
    isRefused
      ? given().when(ask({ usage })).thenRefused('hold_limit_reached')
      : given().when(ask({ usage })).then(held),
  );
});

describe('approving', () => {
  it('binds the digest, for a while', () => given(held).when(approve()).then(approvedBy(alice)));

  it('is never valid beyond the grant', () => {
    const until = { decideBy: minute(3), grantEndsAt: minute(3) };
    const short: HoldEvent = {
      type: 'CommandHeld',
      data: { ...request, ...until, approvalSeconds: 300 },
    };
    given(short)
      .when(approve())
      .then({
        type: 'HoldApproved',
        data: { approver: alice, via: 'slack', digest: request.digest, validUntil: minute(3) },
      });
  });

  it('twice by the same human is once', () =>
    given(held, approvedBy(alice)).when(approve()).thenNothing());

  it.each([
    ['approver_not_in_group', erin],
    ['owner_approval', dana],
    ['owner_approval', { ...dana, email: 'DANA@corp.test' }],
    ['approver_not_human', { ...agent, groups: ['sre-oncall'] }],
    ['self_approval', { ...alice, subject: agent.subject }],
  ])('is refused with %s to %j', (code, approver) => {
    given(held).when(approve(approver)).thenRefused(code);
    given(held).when(deny(approver)).thenRefused(code);
  });

  it.each([
    ['hold_unknown', 'nothing is held', [], approve()],
    ['hold_too_late', 'the time is over', [held], approve(alice, 15)],
    ['hold_not_open', 'somebody else approved', [held, approvedBy(bob)], approve()],
    ['hold_not_open', 'it was denied', [held, deniedBy(bob)], approve()],
    ['hold_not_open', 'it has lapsed', [held, lapsed], approve()],
    ['hold_not_open', 'it was cancelled', [held, cancelled], approve()],
    ['hold_not_open', 'the approval has expired', [held, approvedBy(alice), expired], approve()],
    ['hold_not_open', 'it is used', [held, approvedBy(bob), released()], approve()],
  ])('is refused with %s when %s', (code, ...[, past, command]) =>
    given(...past)
      .when(command)
      .thenRefused(code),
  );
});

describe('denying', () => {
  it('stands for a while', () => given(held).when(deny()).then(deniedBy(alice)));

  it('takes back an approval that was not used', () =>
    given(held, approvedBy(alice)).when(deny(bob, 2)).then(deniedBy(bob, 2)));

  it('twice is once', () => given(held, deniedBy(alice)).when(deny()).thenNothing());

  it.each([
    ['hold_too_late', [held], deny(alice, 15)],
    ['hold_too_late', [held, approvedBy(alice)], deny(bob, 6)],
    ['hold_not_open', [held, approvedBy(alice), released()], deny(bob, 2)],
    ['hold_unknown', [], deny()],
  ])('is refused with %s', (code, past, command) =>
    given(...past)
      .when(command)
      .thenRefused(code),
  );
});

describe('time', () => {
  const end = (minutes: number) => ({ type: 'EndHoldInTime', at: minute(minutes) }) as const;
  it('lapses what nobody decided', () => given(held).when(end(15)).then(lapsed));
  it('expires what was not used', () => given(held, approvedBy(alice)).when(end(6)).then(expired));
  it.each([
    [[], 99],
    [[held], 14.9],
    [[held, approvedBy(alice)], 5.9],
    [[held, lapsed], 99],
    [[held, approvedBy(alice), released()], 99],
  ])('changes nothing else: %j', (past, minutes) =>
    given(...past)
      .when(end(minutes))
      .thenNothing(),
  );
});

describe('cancelling', () => {
  const cancel = { type: 'CancelHold', reason: 'client_gone' } as const;
  it.each([[[held]], [[held, approvedBy(alice)]]])('ends %j', (past) =>
    given(...past)
      .when(cancel)
      .then(cancelled),
  );
  it.each([[[]], [[held, deniedBy(alice)]], [[held, approvedBy(alice), released()]]])(
    'changes nothing of %j',
    (past) =>
      given(...past)
        .when(cancel)
        .thenNothing(),
  );
});

describe('releasing', () => {
  const approved = [held, approvedBy(alice)];
  it('uses the approval', () =>
    given(...approved)
      .when(release())
      .then(released()));

  it('may be repeated by the same command', () =>
    given(...approved, released())
      .when(release())
      .thenNothing());

  it.each([
    ['hold_call_changed', 'nothing was held', [], {}],
    ['hold_pending', 'nobody decided', [held], {}],
    ['hold_denied', 'it was denied', [held, deniedBy(alice)], {}],
    ['hold_denied', 'the approval was taken back', [...approved, deniedBy(bob)], {}],
    ['hold_lapsed', 'it has lapsed', [held, lapsed], {}],
    ['hold_cancelled', 'it was cancelled', [held, cancelled], {}],
    ['hold_expired', 'time is over, and no event says so yet', approved, { at: minute(6) }],
    ['hold_expired', 'an event says so', [...approved, expired], {}],
    ['hold_used', 'another command was first', [...approved, released('other')], {}],
    ['hold_call_changed', 'the call changed', approved, { digest: '0'.repeat(64) }],
    [
      'hold_used',
      'the same id comes with another call',
      [...approved, released()],
      { digest: '0' },
    ],
    ['hold_grant_ended', 'the grant is gone', approved, { grant: undefined }],
    ['hold_grant_ended', 'it is another', approved, { grant: { ...grant, grantId: 'x' } }],
    ['hold_grant_ended', 'it has ended', approved, { grant: { grantId, endsAt: minute(2) } }],
    ['hold_pending', 'the owner approved', [held, approvedBy(dana)], {}],
    ['hold_pending', 'a stranger approved', [held, approvedBy(erin)], {}],
    [
      'hold_call_changed',
      'something else was approved',
      [held, { ...approvedBy(alice), data: { ...approvedBy(alice).data, digest: '0'.repeat(64) } }],
      {},
    ],
  ])('is refused with %s when %s', (code, ...[, past, changed]) =>
    given(...(past as (typeof held)[]))
      .when(release(changed as Partial<HoldCommandOf<'ReleaseCommand'>>))
      .thenRefused(code),
  );
});

describe('a call that comes again', () => {
  const stateAfter = (...past: (typeof held)[]) =>
    past.reduce((state, event) => hold.evolve(state, event), hold.initial);
  it.each([
    ['none', [], 0],
    ['open', [held], 14],
    ['over', [held], 15],
    ['approved', [held, approvedBy(alice)], 5],
    ['over', [held, approvedBy(alice)], 6],
    ['denied', [held, deniedBy(alice)], 10],
    ['over', [held, deniedBy(alice)], 11],
    ['over', [held, lapsed], 16],
    ['over', [held, cancelled], 2],
    ['over', [held, approvedBy(alice), released()], 2],
    ['none', [approvedBy(alice), released()], 2],
  ])('%s', (standing, past, minutes) => {
    expect(standingOf(stateAfter(...past), minute(minutes))).toBe(standing);
  });
});

describe('a call on behalf of a human', () => {
  const { issuer, subject, email = '' } = alice;
  const onBehalfOf = { issuer, subject, email };
  const forAlice: HoldEvent = {
    type: 'CommandHeld',
    data: { ...request, onBehalfOf, decideBy: minute(15), approvalSeconds: 300 },
  };
  const alias: Principal = { ...alice, issuer: 'https://other.corp.test', subject: 'alice-admin' };

  it('says so', () =>
    given()
      .when(ask({ request: { ...request, onBehalfOf } }))
      .then(forAlice));

  it.each([
    ['approved', approve()],
    ['approved with another account', approve(alias)],
    ['denied', deny()],
  ])('is not %s by that human', (_what, command) =>
    given(forAlice).when(command).thenRefused('behalf_approval'),
  );

  it.each([[alice], [alias]])('is not released by a yes of theirs: %j', (approver) =>
    given(forAlice, approvedBy(approver)).when(release()).thenRefused('hold_pending'),
  );

  it('is released by a yes of somebody else', () =>
    given(forAlice, approvedBy(bob)).when(release()).then(released()));
});

describe('a call of an agent with a sponsor', () => {
  const ofSponsored: HoldEvent = {
    type: 'CommandHeld',
    data: {
      ...request,
      agent: { ...agent, sponsor: 'Alice@corp.test' },
      decideBy: minute(15),
      approvalSeconds: 300,
    },
  };

  it.each([[approve()], [deny()]])('is not decided by the sponsor: $type', (command) =>
    given(ofSponsored).when(command).thenRefused('sponsor_approval'),
  );

  it('is not released by a yes of the sponsor', () =>
    given(ofSponsored, approvedBy(alice)).when(release()).thenRefused('hold_pending'));
});

describe('a call that takes two humans', () => {
  const alias: Principal = { ...alice, subject: 'alice-admin' };
  const disabled = ['https://idp.corp.test#alice'];

  it('is endorsed by the first yes', () =>
    given(heldForTwo).when(approve()).then(endorsedBy(alice)));

  it('is approved by the second', () =>
    given(heldForTwo, endorsedBy(alice)).when(approve(bob)).then(approvedBy(bob)));

  it.each([
    ['open', [heldForTwo, endorsedBy(alice)]],
    ['approved', [heldForTwo, endorsedBy(alice), approvedBy(bob)]],
    ['released', [heldForTwo, endorsedBy(alice), approvedBy(bob), released()]],
  ])('takes no second yes of one human while it is %s', (_what, past) =>
    given(...past)
      .when(approve())
      .thenNothing(),
  );

  it('counts two accounts of one human once', () =>
    given(heldForTwo, endorsedBy(alice)).when(approve(alias)).then(endorsedBy(alias)));

  it('does not count who was disabled since', () =>
    given(heldForTwo, endorsedBy(alice))
      .when({ ...approve(bob), disabled })
      .then(endorsedBy(bob)));

  it.each([
    ['owner_approval', dana],
    ['approver_not_in_group', erin],
    ['approver_not_human', { ...agent, groups: ['sre-oncall'] }],
  ])('takes no second yes with %s', (code, nobody) =>
    given(heldForTwo, endorsedBy(alice)).when(approve(nobody)).thenRefused(code),
  );

  it('is denied by one no, of who said yes before too', () =>
    given(heldForTwo, endorsedBy(alice)).when(deny()).then(deniedBy(alice)));

  it('is not released by one yes', () =>
    given(heldForTwo, endorsedBy(alice)).when(release()).thenRefused('hold_pending'));

  it('is released by two', () =>
    given(heldForTwo, endorsedBy(alice), approvedBy(bob)).when(release()).then(released()));

  it.each([
    ['an approval without the one before', [heldForTwo, approvedBy(bob)], {}],
    ['two accounts of one human', [heldForTwo, endorsedBy(alice), approvedBy(alias)], {}],
    ['a yes of the owner', [heldForTwo, endorsedBy(dana), approvedBy(bob)], {}],
    [
      'a human who was disabled since',
      [heldForTwo, endorsedBy(alice), approvedBy(bob)],
      { disabled },
    ],
  ])('is not released by %s', (_what, past, changed) =>
    given(...past)
      .when(release(changed))
      .thenRefused('hold_pending'),
  );

  it('lapses with one yes', () =>
    given(heldForTwo, endorsedBy(alice))
      .when({ type: 'EndHoldInTime', at: minute(15) })
      .then(lapsed));
});
