import { Problem } from '@drawbridge/contracts';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startWorld, type Replica, type World } from './approval-world.js';
import { alice } from './sample-events.js';

let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const Ready = z.object({
  checks: z.record(z.string(), z.boolean()),
  figures: z.record(z.string(), z.number()),
});
const readyOf = async ({ url }: Replica) => {
  const response = await fetch(`${url}/readyz`);
  return { status: response.status, ...Ready.parse(await response.json()) };
};
const decide = async (replica: Replica, requestId: string, verb: 'approve' | 'deny') =>
  fetch(`${replica.url}/v1/access-requests/${requestId}/${verb}`, {
    method: 'POST',
    headers: { Authorization: await world.tokens.bearer(alice) },
  });

describe('a replica whose clock is 3 s off', () => {
  it('is not ready and takes no decision, while the other one does', async () => {
    const clock = () => new Date(Date.now() - 3_000);
    const [wrong, right] = [
      await world.start({ clock, slack: false, env: { MAX_CLOCK_SKEW_MS: '1000' } }),
      await world.start({ slack: false, env: { MAX_CLOCK_SKEW_MS: '20000' } }),
    ];
    const requestId = await world.ask();
    await world.eventOf(requestId, 'ApprovalRequested');
    await eventually(async () => {
      const { status, checks, figures } = await readyOf(wrong);
      expect([status, checks['clock']]).toStrictEqual([503, false]);
      expect(figures['clockOffsetMs']).toBeGreaterThan(1_000);
    });
    for (const verb of ['approve', 'deny'] as const) {
      const refused = await decide(wrong, requestId, verb);
      expect(refused.status).toBe(503);
      expect(Problem.parse(await refused.json()).code).toBe('clock_skewed');
    }
    const types = (await world.history(requestId)).map(({ event }) => event.type);
    expect(types).toStrictEqual(['AccessRequested', 'AccessRequestValidated', 'ApprovalRequested']);
    expect((await readyOf(right)).checks['clock']).toBe(true);
    expect((await decide(right, requestId, 'approve')).status).toBe(200);
    await world.eventOf(requestId, 'AccessRequestApproved');
  });
});
