import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeldCall, HoldId } from '@drawbridge/contracts';
import { call, request } from '../test/sample-holds.js';
import { bodySha256, callDigest, holdIdOf, isGenuineHold } from './call-digest.js';

describe('the digest of a call', () => {
  it('is what it always was', () => {
    expect(callDigest(call)).toBe(
      '9309d1753d2c3eff6968735562015a25ec2c5cb56231ad5292246124abf7c275',
    );
    expect(holdIdOf({ grantId: call.grantId, digest: callDigest(call), generation: 0 })).toBe(
      '8da6175f-73b8-8a4d-8389-856200fc99cc',
    );
  });

  it.each(Object.keys(HeldCall.shape))('changes with %s', (part) => {
    const changed =
      part === 'agent'
        ? { ...call, agent: { issuer: call.agent.issuer, subject: 'other' } }
        : { ...call, [part]: 'other' };
    expect(callDigest(changed)).not.toBe(callDigest(call));
  });

  it('does not depend on the order in which parts were written', () => {
    const reversed = HeldCall.parse(Object.fromEntries(Object.entries(call).toReversed()));
    expect(callDigest(reversed)).toBe(callDigest(call));
  });

  it('is the same for the same call only, however parts are cut', () => {
    const part = fc.oneof(
      fc.string({ maxLength: 8 }),
      fc.constantFrom('', 'a\nquery 1 b', '1', 'query 0 \n'),
    );
    const parts = fc.record({ path: part, query: part });
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        const isSame = one.path === other.path && one.query === other.query;
        expect(callDigest({ ...call, ...one }) === callDigest({ ...call, ...other })).toBe(isSame);
      }),
    );
  });

  it('tells an agent apart whose name contains another issuer', () => {
    const agents = [
      { issuer: 'a', subject: 'b","c' },
      { issuer: 'a","b', subject: 'c' },
    ];
    expect(new Set(agents.map((agent) => callDigest({ ...call, agent }))).size).toBe(2);
  });

  it('of a body is over its bytes', () => {
    expect(bodySha256(new Uint8Array())).toMatch(/^e3b0c442/);
  });
});

describe('the id of a hold', () => {
  const identity = { grantId: call.grantId, digest: request.digest, generation: 0 };
  it('is a UUID, and another one for another grant, call or generation', () => {
    const ids = [
      holdIdOf(identity),
      holdIdOf({ ...identity, generation: 1 }),
      holdIdOf({ ...identity, grantId: 'other' }),
      holdIdOf({ ...identity, digest: 'other' }),
    ];
    expect(new Set(ids).size).toBe(4);
    for (const id of ids) expect(HoldId.safeParse(id).success).toBe(true);
  });

  it('is genuine only with the call and digest that it is made of', () => {
    const id = holdIdOf(identity);
    expect(isGenuineHold(id, request)).toBe(true);
    expect(isGenuineHold(id, { ...request, generation: 1 })).toBe(false);
    expect(isGenuineHold(id, { ...request, digest: '0'.repeat(64) })).toBe(false);
    expect(isGenuineHold(id, { ...request, call: { ...call, path: '/api/v1/nodes/a' } })).toBe(
      false,
    );
  });
});
