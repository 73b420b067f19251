import { describe, expect, it } from 'vitest';
import type { AccessEvent } from '@drawbridge/contracts';
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
  deniedBy,
  grantExpired,
  grantIssued,
  grantRevoked,
  lapsed,
  recordedAll,
  rejectedBy,
  validated,
  withdrawn,
} from '../../test/sample-events.js';
import { tellStory } from './request-story.js';

const told = (...events: AccessEvent[]) => tellStory(recordedAll(events));
const pending = [accessRequested, validated(), approvalRequested()];

describe('the story of an access request', () => {
  it('begins when policy has validated it', () => {
    expect(told(accessRequested)).toBeUndefined();
    expect(told(accessRequested, validated())).toMatchObject({
      status: 'requested',
      revision: 2,
      requester: agent,
    });
  });

  it('ignores an id it knows nothing of', () => {
    expect(told()).toBeUndefined();
    expect(told(accessRequested, accessDenied)).toBeUndefined();
  });

  it.each([
    { past: pending, status: 'pending', with: { decideBy: '2026-01-05T09:30:00.000Z' } },
    {
      past: [...pending, approvedBy(alice, 'http')],
      status: 'pending',
      with: { approvals: [{ approver: alice, via: 'http', at }] },
    },
    { past: [...pending, approvedBy(alice), closedBy(alice)], status: 'approved', with: {} },
    {
      past: [...pending, deniedBy(bob, 'no')],
      status: 'pending',
      with: { denial: { at, by: bob, reason: 'no' } },
    },
    {
      past: [...pending, deniedBy(bob, 'no'), rejectedBy(bob, 'no')],
      status: 'rejected',
      with: { ending: { at, by: bob, reason: 'no' } },
    },
    { past: [...pending, lapsed], status: 'lapsed', with: { ending: { at } } },
    { past: [...pending, withdrawn], status: 'withdrawn', with: { ending: { at, by: agent } } },
    {
      past: [...pending, approvedBy(alice), closedBy(alice), grantIssued],
      status: 'granted',
      with: {
        grant: { startsAt: '2026-01-05T09:05:00.000Z', endsAt: '2026-01-05T09:20:00.000Z' },
      },
    },
    {
      past: [...pending, grantIssued, grantExpired],
      status: 'expired',
      with: { grant: { ended: { at: '2026-01-05T09:20:00.000Z' } } },
    },
    {
      past: [...pending, grantIssued, grantRevoked],
      status: 'revoked',
      with: { grant: { ended: { at, by: bob, reason: 'not needed any more' } } },
    },
  ])('is $status after $past.length events', ({ past, status, with: more }) => {
    expect(told(...past)).toMatchObject({ status, revision: past.length, ...more });
  });
});
