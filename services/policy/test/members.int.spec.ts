import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { Member, Principal } from '@drawbridge/contracts';
import { guardedBucket, memberKeyOf, MEMBERS_BUCKET } from '@drawbridge/jetstream';
import { eventually } from '@drawbridge/testing';
import { oncallSpec, PolicyWorld, viewScope } from './policy-under-test.js';
import { agent, alice, approved, carol, documentOf, given, voidedOf } from './story.js';

const waiting = { timeoutMs: 60_000 };
let world: PolicyWorld;
beforeAll(async () => {
  world = await PolicyWorld.start();
});
beforeEach(() => world.configure());
afterEach(() => world.closePolicies());
afterAll(() => world.stop());

/** As identity does, a minute from now: certainly behind every token so far. */
async function says(who: Principal, more: Partial<Member> = {}): Promise<void> {
  const { issuer, subject, groups } = who;
  const readAt = new Date(Date.now() + 60_000).toISOString();
  const bucket = guardedBucket(world.connection, MEMBERS_BUCKET);
  const key = memberKeyOf(who);
  const { revision } = await bucket.read(key);
  await bucket.write(key, { issuer, subject, isGone: false, groups, readAt, ...more }, revision);
}
const until = (requestId: string, type: 'GrantIssued' | 'GrantRevoked' | 'AccessRequestDenied') =>
  eventually(async () => expect(await world.types(requestId)).toContain(type), waiting);
const documents = (...people: readonly Principal[]) =>
  people.map((human) => {
    const { apiVersion, kind, metadata, spec } = documentOf(human);
    const { issuer, subject, email, groups } = spec;
    const known = { issuer, subject, email, groups };
    return stringify({ apiVersion, kind, metadata: { name: metadata.name }, spec: known });
  });

describe('what directories say, to two replicas of policy', () => {
  it("takes back every grant of an agent that left, once, and nobody else's", async () => {
    await world.policy();
    await world.policy();
    const requestId = await world.ask({ scope: viewScope });
    await until(requestId, 'GrantIssued');
    await says({ ...agent, subject: 'another' }, { isGone: true });
    await says(agent, { groups: ['oncall-agents', 'x'] });
    await says(agent, { groups: [] });
    await until(requestId, 'GrantRevoked');
    const revoked = await world.eventOf(requestId, 'GrantRevoked');
    expect(revoked).toMatchObject({ cause: 'group_lost' });
    await world.settled();
    expect(await world.types(requestId)).toHaveLength(4);
  });

  it('is known to one that starts later, which grants nothing either', async () => {
    const before = await world.policy();
    // The reading of the test before is of nobody yet.
    await says(agent);
    const requestId = await world.ask({ scope: viewScope });
    await until(requestId, 'GrantIssued');
    await before.close();
    await says(agent, { isGone: true, groups: [] });
    await world.policy();
    await until(requestId, 'GrantRevoked');
    const late = await world.ask({ scope: viewScope });
    await until(late, 'AccessRequestDenied');
    expect(await world.eventOf(late, 'AccessRequestDenied')).toMatchObject({
      code: 'requester_left',
    });
    await says(agent);
  });

  it('takes back a grant whose approver left, where the policy says so', async () => {
    await says(agent);
    await world.configure(world.policies({ ...oncallSpec, revokeWithApprover: true }));
    await world.policy();
    await world.policy();
    const requestId = await world.ask();
    await eventually(
      async () => expect(await world.types(requestId)).toContain('AccessRequestValidated'),
      waiting,
    );
    await world.append(requestId, given(alice, { via: 'http' }));
    await world.append(requestId, approved(alice));
    await until(requestId, 'GrantIssued');
    await says(alice, { groups: [] });
    await until(requestId, 'GrantRevoked');
    expect(await world.eventOf(requestId, 'GrantRevoked')).toMatchObject({
      cause: 'approver_lost',
    });
  });
});

describe('a request that lost an approval, to two replicas of policy', () => {
  const configured = (...people: readonly Principal[]) =>
    world.configure([world.policies(oncallSpec), ...documents(...people)].join('---\n'));
  const voided = async () => {
    const requestId = await world.ask();
    await eventually(
      async () => expect(await world.types(requestId)).toContain('AccessRequestValidated'),
      waiting,
    );
    await world.append(requestId, given(carol, { via: 'http' }));
    await world.append(requestId, voidedOf(carol));
    return requestId;
  };

  it('ends at once when nobody is left who could approve it', async () => {
    await says(agent);
    await configured(carol, alice);
    await world.policy();
    await world.policy();
    const waitingStill = await voided();
    await world.settled();
    expect(await world.types(waitingStill)).not.toContain('AccessRequestDenied');
    // The last one leaves afterwards.
    await configured(carol);
    await until(waitingStill, 'AccessRequestDenied');
    expect(await world.eventOf(waitingStill, 'AccessRequestDenied')).toMatchObject({
      code: 'no_eligible_approver',
    });
  });
});
