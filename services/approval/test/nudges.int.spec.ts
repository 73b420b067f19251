import type { DemoSlackMessage } from '@drawbridge/embedded';
import { eventually, requireNothingWaits } from '@drawbridge/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { lettersOf, startWorld, type Replica, type World } from './approval-world.js';
import { alice, erin, stepsOf } from './sample-events.js';

let world: World;
const replicas: Replica[] = [];
/** The real time, and what a test adds to it. */
const clock = { aheadMs: 0, read: () => new Date(Date.now() + clock.aheadMs) };
const minute = 60_000;

beforeAll(async () => {
  world = await startWorld();
});
afterEach(async () => {
  world.slack.failWith(undefined);
  clock.aheadMs = 0;
  for (const replica of replicas.splice(0)) await replica.close();
});
afterAll(() => world.stop());

const start = async () => {
  const replica = await world.start({ clock: clock.read });
  replicas.push(replica);
  return replica;
};
const approval = stepsOf({
  steps: [
    {
      type: 'humans',
      name: 'on-call',
      count: 1,
      groups: ['sre-oncall'],
      remindAfterSeconds: 300,
      escalate: [{ afterSeconds: 600, groups: ['developers'] }],
    },
  ],
});
const countOf = async (requestId: string, type: string) =>
  (await world.history(requestId)).filter(({ event }) => event.type === type).length;
const threadOf = async (requestId: string) => world.slack.replies(await world.card(requestId));
/** Slack accounts that a message calls. */
function mentioned({ blocks }: DemoSlackMessage): string[] {
  const users: string[] = [];
  JSON.stringify(blocks, (key, value: unknown) => {
    if (key === 'user_id' && typeof value === 'string') users.push(value);
    return value;
  });
  return users;
}
const posts = (requestId: string, count: number) =>
  eventually(
    async () => {
      const thread = await threadOf(requestId);
      expect(thread).toHaveLength(count);
      return thread;
    },
    { timeoutMs: 60_000 },
  );

describe('a step that waits', () => {
  it('is reminded of, then asked of further people, who may decide; each told once', async () => {
    const [replica] = [await start(), await start()];
    const requestId = await world.ask({ approval });
    await world.card(requestId);
    clock.aheadMs = 5 * minute;
    const [reminder] = await posts(requestId, 1);
    expect(lettersOf(reminder!)).toContain('Still waiting: on-call misses 1 of 1 approvals');
    const { users } = world.slack;
    // Dana is the owner of the agent.
    expect(mentioned(reminder!)).toStrictEqual([users.alice, users.bob]);

    clock.aheadMs = 10 * minute;
    const thread = await posts(requestId, 3);
    const escalation = thread.find((post) => lettersOf(post).includes('Asked further people'));
    expect(mentioned(escalation!)).toStrictEqual([users.erin]);
    await world.card(requestId, 'sre-oncall or developers');

    const headers = { Authorization: await world.tokens.bearer(erin) };
    await eventually(async () => {
      const waiting = await fetch(`${replica.url}/v1/approvals`, { headers });
      expect(await waiting.json()).toMatchObject({
        items: [{ id: requestId, steps: [{ reminders: 2, escalations: 1, isOpen: true }] }],
      });
    });
    const url = `${replica.url}/v1/access-requests/${requestId}/approve`;
    expect((await fetch(url, { method: 'POST', headers })).status).toBe(200);
    await world.eventOf(requestId, 'AccessRequestApproved');
    expect(await countOf(requestId, 'ApprovalReminded')).toBe(2);
    expect(await countOf(requestId, 'ApprovalEscalated')).toBe(1);
    expect(await threadOf(requestId)).toHaveLength(3);
  });

  it('is reminded of once for all that was missed while nobody was there', async () => {
    const first = await world.start({ clock: clock.read });
    const requestId = await world.ask({ approval });
    await world.card(requestId);
    first.kill();
    clock.aheadMs = 9 * minute + 30_000;
    await start();
    await posts(requestId, 1);
    const { event } = await world.eventOf(requestId, 'ApprovalReminded');
    expect(event.data).toStrictEqual({ step: 'on-call', count: 1 });
    clock.aheadMs = 0;
  });

  it('is told once though the answer of Slack is lost', async () => {
    await start();
    const requestId = await world.ask({ approval });
    await world.card(requestId);
    const calls: string[] = [];
    world.slack.failWith((method) => {
      if (method !== 'chat.postMessage' || calls.length > 0) return undefined;
      calls.push(method);
      return { type: 'lost_answer' };
    });
    clock.aheadMs = 5 * minute;
    await eventually(() => expect(world.slack.calls).toContain('conversations.replies'), {
      timeoutMs: 60_000,
    });
    // What comes next on the same thread comes after what was repeated.
    clock.aheadMs = 10 * minute;
    const thread = await posts(requestId, 3);
    expect(calls).toHaveLength(1);
    expect(thread.filter((post) => mentioned(post).includes(world.slack.users.erin))).not.toEqual(
      [],
    );
  });

  it('is told of no more when it was decided meanwhile', async () => {
    const replica = await start();
    const requestId = await world.ask({ approval });
    const { ts } = await world.card(requestId);
    // Until all is over: an attempt that was under way when it was decided must not get through.
    world.slack.failWith((method, sent) =>
      method === 'chat.postMessage' && sent.get('thread_ts') === ts
        ? { type: 'answer', status: 503 }
        : undefined,
    );
    clock.aheadMs = 5 * minute;
    await world.eventOf(requestId, 'ApprovalReminded');
    const headers = { Authorization: await world.tokens.bearer(alice) };
    const url = `${replica.url}/v1/access-requests/${requestId}/approve`;
    expect((await fetch(url, { method: 'POST', headers })).status).toBe(200);
    await world.card(requestId, 'Approved');
    // What would still be said would be tried again and again.
    await eventually(
      () => requireNothingWaits(world.connection.manager, 'ACCESS', 'approval-slack'),
      { timeoutMs: 60_000 },
    );
    expect(await threadOf(requestId)).toStrictEqual([]);
  });
});
