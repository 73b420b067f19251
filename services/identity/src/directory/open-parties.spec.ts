import { describe, expect, it } from 'vitest';
import type { AccessEvent, AccessEventType, Principal } from '@drawbridge/contracts';
import { agent, alice, at, recorded, sample } from '../../test/sample-events.js';
import { OpenParties } from './open-parties.js';

const parties = (...events: readonly AccessEvent[]) => {
  const open = new OpenParties();
  events.forEach((event, index) => open.apply(recorded(event, index + 1)));
  return open;
};
const subjects = (open: OpenParties, issuer = agent.issuer) =>
  open.of(issuer).map(({ subject }) => subject);
const given = (approver: Principal): AccessEvent => ({
  type: 'ApprovalGiven',
  data: { approver, via: 'http' },
});

describe('whom something open depends on', () => {
  it('is who asked, and whoever approved; each once', () => {
    const open = parties(sample.AccessRequested, given(alice), given(alice));
    expect(subjects(open).toSorted()).toStrictEqual([agent.subject, alice.subject].toSorted());
    expect(open.of(agent.issuer)[0]?.sinceMs).toBe(Date.parse(at));
  });

  it('is who it is asked for, too', () => {
    const behalf = { human: alice, proof: 'token' as const };
    const data = { ...sample.AccessRequested.data, behalf };
    const open = parties({ type: 'AccessRequested', data });
    expect(subjects(open).toSorted()).toStrictEqual([agent.subject, alice.subject].toSorted());
  });

  it('is asked at their own issuer', () =>
    expect(subjects(parties(sample.AccessRequested), 'https://other.test')).toStrictEqual([]));

  it('is so while the grant is open too', () =>
    expect(subjects(parties(sample.AccessRequested, sample.GrantIssued))).toHaveLength(1));

  it.each<AccessEventType>([
    'AccessRequestDenied',
    'AccessRequestRejected',
    'AccessRequestLapsed',
    'AccessRequestWithdrawn',
    'GrantRevoked',
    'GrantExpired',
    'GrantEnded',
  ])('is nobody after %s, whatever comes then', (type) =>
    expect(subjects(parties(sample.AccessRequested, sample[type], given(alice)))).toStrictEqual([]),
  );
});
