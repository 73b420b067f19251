import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '@drawbridge/testing';
import { agreed, wished, yesTo } from './extension-story.js';
import { oncallSpec, PolicyWorld, viewScope } from './policy-under-test.js';
import { alice, approved, bob, given, withdrawn } from './story.js';

let world: PolicyWorld;
beforeAll(async () => {
  world = await PolicyWorld.start();
  await world.configure(
    world.policies({ ...oncallSpec, extension: { maxSeconds: 600, maxTotalSeconds: 1800 } }),
  );
  await world.policy();
  await world.policy();
});
afterAll(() => world.stop());

const within = { timeoutMs: 60_000 };

/** A request that two replicas of policy have granted. */
async function granted(): Promise<string> {
  const requestId = await world.ask();
  await world.until(requestId, 'AccessRequested', 'AccessRequestValidated');
  await world.append(requestId, given(alice));
  await world.append(requestId, approved(alice));
  await eventually(
    async () => expect(await world.types(requestId)).toContain('GrantIssued'),
    within,
  );
  return requestId;
}

const endsOf = async (requestId: string): Promise<readonly string[]> =>
  (await world.history(requestId)).flatMap(({ event }) =>
    event.type === 'GrantIssued' || event.type === 'GrantExtended' ? [event.data.endsAt] : [],
  );
const count = async (requestId: string, wanted: string): Promise<number> =>
  (await world.types(requestId)).filter((type) => type === wanted).length;

describe('two replicas of policy, a grant, and a wish for more time', () => {
  it('judge it once, and extend the grant once, by approvals of this round', async () => {
    const requestId = await granted();
    await world.append(requestId, wished());
    await eventually(
      async () => expect(await count(requestId, 'ExtensionValidated')).toBe(1),
      within,
    );
    // A service that only says so.
    await world.append(requestId, agreed());
    await eventually(async () => expect(await count(requestId, 'ExtensionDenied')).toBe(1), within);

    await world.append(requestId, wished(300, 3));
    await eventually(
      async () => expect(await count(requestId, 'ExtensionValidated')).toBe(2),
      within,
    );
    await world.append(requestId, yesTo(bob, { round: 3 }));
    await world.append(requestId, agreed(3, bob));
    await eventually(async () => expect(await count(requestId, 'GrantExtended')).toBe(1), within);
    await world.settled();
    const [before = '', after = ''] = await endsOf(requestId);
    expect(Date.parse(after) - Date.parse(before)).toBe(300_000);
    expect(await count(requestId, 'GrantExtended')).toBe(1);
    expect(await count(requestId, 'ExtensionDenied')).toBe(1);
  });

  it('say no where the policy has no extension, and the grant is as it was', async () => {
    const requestId = await world.ask({ scope: viewScope });
    await eventually(
      async () => expect(await world.types(requestId)).toContain('GrantIssued'),
      within,
    );
    await world.append(requestId, wished());
    await eventually(async () => expect(await count(requestId, 'ExtensionDenied')).toBe(1), within);
    const denied = (await world.history(requestId)).at(-1)?.event;
    expect(denied?.data).toMatchObject({ code: 'extension_not_allowed' });
    expect(await endsOf(requestId)).toHaveLength(1);
  });

  it('take a grant back that is given back in the same moment, and extend it no more', async () => {
    const requestId = await granted();
    await world.append(requestId, wished());
    await eventually(
      async () => expect(await count(requestId, 'ExtensionValidated')).toBe(1),
      within,
    );
    await world.append(requestId, yesTo(bob));
    await Promise.all([
      world.append(requestId, agreed(2, bob)),
      world.append(requestId, withdrawn),
    ]);
    await eventually(async () => expect(await count(requestId, 'GrantRevoked')).toBe(1), within);
    await world.settled();
    const types = await world.types(requestId);
    expect(types.lastIndexOf('GrantExtended')).toBeLessThan(types.indexOf('GrantRevoked'));
  });
});
