import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Explanation, type AccessRequestInput } from '@drawbridge/contracts';
import { EXPLAIN_SUBJECT } from '@drawbridge/jetstream';
import { eventually } from '@drawbridge/testing';
import { oncallSpec, PolicyWorld, viewScope } from './policy-under-test.js';
import { agent, requested } from './story.js';

let world: PolicyWorld;

beforeAll(async () => {
  world = await PolicyWorld.start();
});
beforeEach(async () => {
  await world.configure();
});
afterEach(async () => {
  await world.closePolicies();
});
afterAll(async () => {
  await world.stop();
});

describe('what would become of a request', () => {
  const explain = async (request: AccessRequestInput) => {
    const question = JSON.stringify({ requester: agent, request });
    const { nats } = world.connection;
    const answer = await nats.request(EXPLAIN_SUBJECT, question, { timeout: 20_000 });
    return Explanation.parse(answer.json());
  };

  it.each<[string, Partial<AccessRequestInput>]>([
    ['that humans are asked for', {}],
    ['that needs nobody', { scope: viewScope }],
    ['that is too long for the rule that needs nobody', { durationSeconds: 600 }],
    ['that is denied', { scope: { action: 'view', parameters: { namespace: 'default' } } }],
    ['that is nobody’s', { connection: 'nowhere' }],
  ])('is what becomes of it: one %s', async (_what, more) => {
    await world.configure(
      world.policies({
        ...oncallSpec,
        autoApprove: [
          {
            name: 'short',
            actions: ['rollout-restart'],
            when: { maxDurationSeconds: 300, perHour: 100 },
          },
        ],
      }),
    );
    await world.policy();
    await world.settled();
    const asked = { ...requested(more).data.request };
    const { verdict, ...told } = await explain(asked);
    const type = verdict === 'validated' ? 'AccessRequestValidated' : 'AccessRequestDenied';
    const requestId = await world.ask(more);
    await eventually(async () => expect(await world.types(requestId)).toContain(type));
    const recorded = await world.eventOf(requestId, type);
    const withoutRisk = (said: object) => ({ ...said, risk: undefined });
    expect(withoutRisk(told)).toStrictEqual(withoutRisk(recorded));
  });

  it('takes no place and records nothing', async () => {
    await world.configure(
      world.policies({
        ...oncallSpec,
        autoApprove: [{ name: 'asked', actions: ['rollout-restart'], when: { perHour: 1 } }],
      }),
    );
    await world.policy();
    const { request } = requested().data;
    for (let time = 0; time < 3; time += 1) {
      expect(await explain(request)).toMatchObject({ autoApproved: 'asked' });
    }
    const requestId = await world.ask();
    await world.until(requestId, 'AccessRequested', 'AccessRequestValidated', 'GrantIssued');
    expect(await explain(request)).toMatchObject({
      approval: { type: 'humans' },
      facts: [{ condition: 'rate', isMet: false }],
    });
  });

  it('is not said to what is no question', async () => {
    await world.policy();
    const { nats } = world.connection;
    for (const question of ['', '{', '{}', JSON.stringify({ requester: agent, request: {} })]) {
      await expect(nats.request(EXPLAIN_SUBJECT, question, { timeout: 500 })).rejects.toThrow();
    }
    expect(await explain(requested().data.request)).toHaveProperty('verdict', 'validated');
  });
});
