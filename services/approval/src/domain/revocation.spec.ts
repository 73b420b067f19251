import { describe, it } from 'vitest';
import type { Principal } from '@drawbridge/contracts';
import { specify } from '@drawbridge/testing';
import {
  accessRequested,
  agent,
  alice,
  at,
  bob,
  carol,
  dana,
  erin,
  frank,
  grantExpired,
  grantIssued,
  grantRevoked,
  humansOf,
  stepsOf,
  validated,
  withdrawn,
} from '../../test/sample-events.js';
import { revocation } from './revocation.js';

const { given } = specify(revocation);
const order = (by: Principal, more: { isAdmin?: boolean; at?: string } = {}) =>
  ({
    type: 'OrderRevocation',
    by,
    via: 'http',
    reason: 'not needed any more',
    isAdmin: false,
    at,
    ...more,
  }) as const;
const ordered = (by: Principal) =>
  ({
    type: 'RevocationOrdered',
    data: { by, via: 'http', reason: 'not needed any more' },
  }) as const;
const sponsored: Principal = { ...agent, sponsor: 'grace@corp.test' };
const grace: Principal = { ...erin, subject: 'grace', email: 'Grace@corp.test' };
const granted = [accessRequested, validated(humansOf(1)), grantIssued] as const;
const ofSponsored = [accessRequested, validated(humansOf(1), sponsored), grantIssued] as const;

const heidi: Principal = { ...erin, subject: 'heidi', email: 'heidi@corp.test' };
const { issuer, subject, email } = { email: '', ...heidi };
const onBehalfOf = { issuer, subject, email, proof: 'none' as const };
const forHeidi = [
  accessRequested,
  validated(humansOf(1), agent, { onBehalfOf }),
  grantIssued,
] as const;

describe('a grant is revoked', () => {
  it.each<{ who: string; by: Principal; past: readonly (typeof granted)[number][] }>([
    { who: 'an eligible approver', by: bob, past: granted },
    {
      who: 'an eligible approver of any step',
      by: carol,
      past: [accessRequested, validated(stepsOf()), grantIssued],
    },
    {
      who: 'one who approved, in the group no more',
      by: { ...alice, groups: [] },
      past: granted,
    },
    { who: 'the owner', by: { ...dana, groups: [] }, past: granted },
    { who: 'the sponsor', by: grace, past: ofSponsored },
    { who: 'the human on whose behalf it is', by: heidi, past: forHeidi },
    {
      who: 'another account of that human',
      by: { ...heidi, issuer: 'https://other.test', subject: 'h2' },
      past: forHeidi,
    },
  ])('by $who', ({ by, past }) => {
    given(...past)
      .when(order(by))
      .then(ordered(by));
  });

  it('by an administrator, also where no human was asked', () => {
    given(accessRequested, validated({ type: 'none' }), grantIssued)
      .when(order(frank, { isAdmin: true }))
      .then(ordered(frank));
  });

  it('once', () => {
    given(...granted, ordered(bob))
      .when(order(alice))
      .thenNothing();
  });
});

describe('a grant is not revoked', () => {
  it.each<{ who: string; by: Principal }>([
    { who: 'a human of another group', by: erin },
    { who: 'an administrator by name only', by: frank },
    { who: 'the agent, which withdraws it', by: agent },
    { who: 'an agent in the group', by: { ...agent, groups: ['sre-oncall'] } },
    { who: 'one whose address is like the owner’s', by: { ...erin, email: 'xdana@corp.test' } },
    { who: 'the sponsor of another agent', by: grace },
    { who: 'a human for whom another agent asked', by: heidi },
  ])('by $who, whatever its state', ({ by }) => {
    given(...granted)
      .when(order(by))
      .thenRefused('revocation_not_allowed');
    given(...granted, ordered(bob))
      .when(order(by))
      .thenRefused('revocation_not_allowed');
    given(...granted, grantExpired)
      .when(order(by))
      .thenRefused('revocation_not_allowed');
    given(accessRequested).when(order(by)).thenRefused('revocation_not_allowed');
  });

  it('when there is none, or none any more', () => {
    given()
      .when(order(frank, { isAdmin: true }))
      .thenRefused('approval_unknown');
    given(accessRequested, validated(humansOf(1)))
      .when(order(bob))
      .thenRefused('grant_not_open');
    for (const end of [grantExpired, grantRevoked, withdrawn]) {
      given(...granted, end)
        .when(order(bob))
        .thenRefused('grant_not_open');
    }
    const { endsAt } = grantIssued.type === 'GrantIssued' ? grantIssued.data : { endsAt: '' };
    given(...granted)
      .when(order(bob, { at: endsAt }))
      .thenRefused('grant_not_open');
  });
});
