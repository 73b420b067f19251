import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHolds, type AgentUnderTest, type HoldsUnderTest } from './holds-under-test.js';

let world: HoldsUnderTest;
beforeAll(async () => {
  world = await startHolds({ namespaces: ['payments'], variables: { HOLD_WAIT_SECONDS: '8' } });
});
afterAll(() => world.close());

const protobuf = 'application/vnd.kubernetes.protobuf';
const deployments = '/connections/prod-eks/apis/apps/v1/namespaces/payments/deployments';
const statusOf = async (agent: AgentUnderTest, name: string) => {
  const answer = await world.gateway.call(`${deployments}/${name}`, { token: agent.token });
  return answer.status;
};

describe('a held call whose body is protobuf, as kubectl sends it', () => {
  const create = (agent: AgentUnderTest, name: string) =>
    agent.kubectl(`create deployment ${name} --image=app:1 -n payments`);

  it('shows what it would make, and the very bytes are sent when it was approved', async () => {
    const agent = await world.agent();
    const running = create(agent, 'approved');
    const { holdId, held } = await world.held(agent);
    expect(held.call).toMatchObject({
      contentType: protobuf,
      verb: 'create',
      rule: 'test/deployments',
    });
    expect(held.effect.diff?.join('\n')).toContain('app:1');
    expect(await statusOf(agent, 'approved')).toBe(404);
    expect(await world.decide(holdId, 'approve')).toBe(200);
    expect(await running).toMatchObject({ code: 0 });
    expect(await statusOf(agent, 'approved')).toBe(200);
    await world.ends(holdId, 'CommandHeld', 'HoldApproved', 'CommandReleased');
  });

  it('is not sent when it was denied', async () => {
    const agent = await world.agent();
    const running = create(agent, 'denied');
    const { holdId } = await world.held(agent);
    expect(await world.decide(holdId, 'deny')).toBe(200);
    const { code, err } = await running;
    expect(code).not.toBe(0);
    expect(err).toContain('hold_denied');
    expect(await statusOf(agent, 'denied')).toBe(404);
  });
});
