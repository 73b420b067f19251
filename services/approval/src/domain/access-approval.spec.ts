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
  closedBy,
  dana,
  decideBy,
  deniedBy,
  erin,
  grantIssued,
  humansOf,
  lapsed,
  rejectedBy,
  terms,
  validated,
  withdrawn,
} from '../../test/sample-events.js';
import { accessApproval } from './access-approval.js';

const { given } = specify(accessApproval);
const pending = [accessRequested, validated(), approvalRequested()];
const pendingFor2 = [accessRequested, validated(humansOf(2)), approvalRequested(humansOf(2))];
const late = decideBy;
const justInTime = new Date(Date.parse(decideBy) - 1).toISOString();

const request = { type: 'RequestApproval', at } as const;
const approve = (approver = alice, when = at) =>
  ({ type: 'GiveApproval', approver, via: 'slack', at: when }) as const;
const deny = (approver = alice, when = at) =>
  ({ type: 'DenyApproval', approver, via: 'http', reason: 'not now', at: when }) as const;
const complete = { type: 'CompleteApproval' } as const;
const reject = { type: 'RejectRequest' } as const;
const lapse = (when: string) => ({ type: 'LapseRequest', at: when }) as const;

describe('asking for an approval', () => {
  it('asks the humans that policy names, until the timeout', () =>
    given(accessRequested, validated()).when(request).then(approvalRequested()));

  it.each([
    { when: 'when no approval is needed', past: [accessRequested, validated({ type: 'none' })] },
    { when: 'before the request is validated', past: [accessRequested] },
    { when: 'when nothing is known of the request', past: [] },
    { when: 'a second time', past: pending },
    { when: 'after the request was withdrawn', past: [accessRequested, validated(), withdrawn] },
    { when: 'after policy denied the request', past: [accessRequested, accessDenied] },
    { when: 'once approved', past: [...pending, approvedBy(alice), closedBy(alice)] },
  ])('asks nobody $when', ({ past }) =>
    given(...past)
      .when(request)
      .thenNothing(),
  );
});

describe('asking for an approval of a later time', () => {
  const timed = (startAt: string) => validated(humansOf(1), agent, { startAt });
  const windowEnd = (startAt: string) => Date.parse(startAt) + terms.durationSeconds * 1000;

  it('asks no longer than there is something to grant', () => {
    const startAt = new Date(Date.parse(at) + 60_000).toISOString();
    const by = new Date(windowEnd(startAt)).toISOString();
    expect(Date.parse(by)).toBeLessThan(Date.parse(decideBy));
    given(accessRequested, timed(startAt))
      .when(request)
      .then(approvalRequested(humansOf(1), by));
  });

  it('asks no longer than ever, however late the start is', () =>
    given(accessRequested, timed('2027-01-01T00:00:00.000Z'))
      .when(request)
      .then(approvalRequested()));
});

describe('giving an approval', () => {
  it('records it', () =>
    given(...pending)
      .when(approve())
      .then(approvedBy(alice, 'slack')));

  it('records the comment', () =>
    given(...pending)
      .when({ type: 'GiveApproval', approver: bob, via: 'http', comment: 'go', at })
      .then({ type: 'ApprovalGiven', data: { approver: bob, via: 'http', comment: 'go' } }));

  it.each([
    { when: 'on a double click', past: [...pendingFor2, approvedBy(alice)] },
    { when: 'again once approved', past: [...pending, approvedBy(alice), closedBy(alice)] },
    { when: 'again after the deadline', past: [...pendingFor2, approvedBy(alice)], at: late },
  ])('counts one human once $when', ({ past, at: when = at }) =>
    given(...past)
      .when(approve(alice, when))
      .thenNothing(),
  );

  it('counts until just before the deadline', () =>
    given(...pending)
      .when(approve(alice, justInTime))
      .then(approvedBy(alice, 'slack')));

  it.each([
    { code: 'self_approval', who: { ...agent, kind: 'human' as const } },
    { code: 'self_approval', who: { ...alice, email: 'oncall@corp.test' } },
    { code: 'owner_approval', who: dana },
    { code: 'owner_approval', who: { ...dana, email: 'Dana@Corp.Test' } },
    { code: 'approver_not_in_group', who: erin },
    { code: 'approver_not_human', who: { ...alice, kind: 'agent' as const } },
  ])('is refused with $code for $who.kind $who.subject $who.email', ({ code, who }) => {
    const asked = validated(humansOf(1), { ...agent, email: 'oncall@corp.test' });
    given(accessRequested, asked, approvalRequested()).when(approve(who)).thenRefused(code);
    given(accessRequested, asked, approvalRequested()).when(deny(who)).thenRefused(code);
  });

  it.each([
    { code: 'approval_unknown', when: 'for an unknown request', past: [] },
    { code: 'request_not_pending', when: 'before validation', past: [accessRequested] },
    {
      code: 'request_not_pending',
      when: 'before it is asked',
      past: [accessRequested, validated()],
    },
    { code: 'request_not_pending', when: 'once denied', past: [...pending, deniedBy(bob)] },
    {
      code: 'request_not_pending',
      when: 'once rejected',
      past: [...pending, deniedBy(bob), rejectedBy(bob)],
    },
    {
      code: 'request_not_pending',
      when: 'by another once approved',
      past: [...pending, approvedBy(bob), closedBy(bob)],
    },
    { code: 'request_not_pending', when: 'once lapsed', past: [...pending, lapsed] },
    { code: 'request_not_pending', when: 'once withdrawn', past: [...pending, withdrawn] },
    {
      code: 'request_not_pending',
      when: 'by who approved before, once withdrawn',
      past: [...pendingFor2, approvedBy(alice), withdrawn],
    },
    {
      code: 'request_not_pending',
      when: 'when policy denied it',
      past: [accessRequested, accessDenied],
    },
    {
      code: 'request_not_pending',
      when: 'when none is needed',
      past: [accessRequested, validated({ type: 'none' }), grantIssued],
    },
    { code: 'approval_too_late', when: 'at the deadline', past: pending, at: late },
  ])('is refused with $code $when', ({ code, past, at: when = at }) =>
    given(...past)
      .when(approve(alice, when))
      .thenRefused(code),
  );
});

describe('denying an approval', () => {
  it('records it with its reason', () =>
    given(...pending)
      .when(deny())
      .then({ type: 'ApprovalDenied', data: { approver: alice, via: 'http', reason: 'not now' } }));

  it('lets an approver change their mind', () =>
    given(...pendingFor2, approvedBy(alice))
      .when({ type: 'DenyApproval', approver: alice, via: 'slack', at })
      .then(deniedBy(alice)));

  it.each([
    { when: 'before the rejection', past: [...pending, deniedBy(alice)] },
    { when: 'after it', past: [...pending, deniedBy(alice), rejectedBy(alice)] },
  ])('denies once, repeated $when', ({ past }) =>
    given(...past)
      .when(deny())
      .thenNothing(),
  );

  it.each([
    { code: 'approval_unknown', when: 'for an unknown request', past: [] },
    {
      code: 'request_not_pending',
      when: 'by another once denied',
      past: [...pending, deniedBy(bob)],
    },
    {
      code: 'request_not_pending',
      when: 'once approved',
      past: [...pending, approvedBy(bob), closedBy(bob)],
    },
    {
      code: 'request_not_pending',
      when: 'once withdrawn after the same denial',
      past: [...pending, deniedBy(alice), withdrawn],
    },
    { code: 'approval_too_late', when: 'at the deadline', past: pending, at: late },
  ])('is refused with $code $when', ({ code, past, at: when = at }) =>
    given(...past)
      .when(deny(alice, when))
      .thenRefused(code),
  );
});

describe('completing an approval', () => {
  it('approves when enough humans said yes', () =>
    given(...pendingFor2, approvedBy(alice), approvedBy(bob))
      .when(complete)
      .then(closedBy(alice, bob)));

  it.each([
    { when: 'one is missing', past: [...pendingFor2, approvedBy(alice)] },
    {
      when: 'one human used two accounts',
      past: [...pendingFor2, approvedBy(alice), approvedBy({ ...alice, subject: 'alice-2' })],
    },
    {
      when: 'one of them may not approve',
      past: [...pendingFor2, approvedBy(alice), approvedBy(erin)],
    },
    {
      when: 'one of them is the owner',
      past: [...pendingFor2, approvedBy(alice), approvedBy(dana)],
    },
    { when: 'somebody denied', past: [...pending, approvedBy(alice), deniedBy(bob)] },
    { when: 'it was withdrawn', past: [...pending, approvedBy(alice), withdrawn] },
    { when: 'it has lapsed', past: [...pending, lapsed] },
    { when: 'it is complete already', past: [...pending, approvedBy(alice), closedBy(alice)] },
    { when: 'nobody was asked', past: [accessRequested, validated()] },
  ])('does nothing when $when', ({ past }) =>
    given(...past)
      .when(complete)
      .thenNothing(),
  );
});

describe('rejecting a request', () => {
  it('rejects on one denial, also over a full quorum', () =>
    given(...pending, approvedBy(alice), deniedBy(bob, 'wrong cluster'))
      .when(reject)
      .then(rejectedBy(bob, 'wrong cluster')));

  it.each([
    { when: 'nobody denied', past: [...pending, approvedBy(alice)] },
    { when: 'it is rejected already', past: [...pending, deniedBy(bob), rejectedBy(bob)] },
    { when: 'it was withdrawn', past: [...pending, deniedBy(bob), withdrawn] },
  ])('does nothing when $when', ({ past }) =>
    given(...past)
      .when(reject)
      .thenNothing(),
  );
});

describe('lapsing', () => {
  it('lapses at the deadline', () =>
    given(...pending)
      .when(lapse(decideBy))
      .then(lapsed));

  it('lapses with too few approvals', () =>
    given(...pendingFor2, approvedBy(alice))
      .when(lapse('2027-01-01T00:00:00.000Z'))
      .then(lapsed));

  it.each([
    { when: 'before the deadline', past: pending, at: justInTime },
    { when: 'decided in time', past: [...pending, approvedBy(alice)], at: late },
    { when: 'denied in time', past: [...pending, deniedBy(alice)], at: late },
    { when: 'lapsed already', past: [...pending, lapsed], at: late },
    { when: 'withdrawn', past: [...pending, withdrawn], at: late },
    { when: 'nobody was asked', past: [accessRequested, validated()], at: late },
  ])('does not lapse when $when', ({ past, at: when }) =>
    given(...past)
      .when(lapse(when))
      .thenNothing(),
  );
});
