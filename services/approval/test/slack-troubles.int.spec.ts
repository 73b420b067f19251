import { inspect } from 'node:util';
import { Kvm } from '@nats-io/kv';
import { WebClient } from '@slack/web-api';
import type { FaultPlan } from '@drawbridge/embedded';
import { SLACK_CARDS_BUCKET } from '@drawbridge/jetstream';
import { eventually } from '@drawbridge/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { buttonsOf, lettersOf, startWorld, type Replica, type World } from './approval-world.js';
import { alice, grantIssued } from './sample-events.js';

let world: World;
const replicas: Replica[] = [];

beforeAll(async () => {
  world = await startWorld();
});
afterEach(async () => {
  world.slack.failWith(undefined);
  for (const replica of replicas.splice(0)) await replica.close();
});
afterAll(() => world.stop());

const start = async (options: Parameters<World['start']>[0] = {}) => {
  const replica = await world.start(options);
  replicas.push(replica);
  return replica;
};
const kill = (replica: Replica) => {
  replicas.splice(replicas.indexOf(replica), 1);
  replica.kill();
};
const press = async (requestId: string, replica: Replica, user: 'alice' | 'bob' = 'alice') =>
  world.slack.clickButton({
    user,
    message: await world.card(requestId),
    actionId: 'drawbridge_approve',
    callbackUrl: replica.slackUrl,
  });
const typesOf = async (requestId: string) =>
  (await world.history(requestId)).map(({ event }) => event.type);
const count = async (requestId: string, type: string) =>
  (await typesOf(requestId)).filter((one) => one === type).length;
const approveOverHttp = async (requestId: string, replica: Replica) =>
  fetch(`${replica.url}/v1/access-requests/${requestId}/approve`, {
    method: 'POST',
    headers: { Authorization: await world.tokens.bearer(alice) },
  });
const Ready = z.object({ status: z.string(), figures: z.record(z.string(), z.number()) });
const readyOf = async (replica: Replica) =>
  Ready.parse(await (await fetch(`${replica.url}/readyz`)).json());

const updatesSoFar = () => world.slack.calls.filter((method) => method === 'chat.update').length;

/** Fails these methods as planned, and tells when one was called. */
function plan(methods: readonly string[], fault: Exclude<ReturnType<FaultPlan>, undefined>) {
  const calls: { method: string; at: number }[] = [];
  world.slack.failWith((method) => {
    if (!methods.includes(method)) return undefined;
    calls.push({ method, at: performance.now() });
    return fault;
  });
  const called = (times = 1) =>
    eventually(() => {
      if (calls.length < times) throw new Error(`${calls.length} calls`);
    });
  return { calls, called };
}

describe('while Slack is down', () => {
  it('decisions go on over HTTP, and the card comes later, once, with the outcome', async () => {
    const replica = await start();
    const { called } = plan(['auth.test', 'chat.postMessage'], { type: 'answer', status: 503 });
    const requestId = await world.ask();
    await world.eventOf(requestId, 'ApprovalRequested');
    await called();
    expect((await approveOverHttp(requestId, replica)).status).toBe(200);
    await world.eventOf(requestId, 'AccessRequestApproved');
    await eventually(async () => expect(await readyOf(replica)).toMatchObject({ status: 'ready' }));
    world.slack.failWith(undefined);
    const card = await world.card(requestId, 'Approved by alice@corp.test over HTTP');
    expect(buttonsOf(card)).toStrictEqual(['drawbridge_rules']);
    expect(await world.cards(requestId)).toHaveLength(1);
  });

  it('waits as long as Slack asks to', async () => {
    await start();
    const { calls, called } = plan(['chat.postMessage'], {
      type: 'answer',
      status: 429,
      headers: { 'Retry-After': '3' },
    });
    const first = await world.ask();
    await called();
    const others = await Promise.all([world.ask(), world.ask()]);
    await called(2);
    expect(calls[1]!.at - calls[0]!.at).toBeGreaterThanOrEqual(2_900);
    world.slack.failWith(undefined);
    for (const requestId of [first, ...others]) {
      await world.card(requestId);
      expect(await world.cards(requestId)).toHaveLength(1);
    }
  });

  it('posts once although the answer to the first attempt was lost', async () => {
    const replica = await start();
    let lost = false;
    world.slack.failWith((method) => {
      if (method !== 'chat.postMessage' || lost) return undefined;
      lost = true;
      return { type: 'lost_answer' };
    });
    const requestId = await world.ask();
    await world.card(requestId);
    await press(requestId, replica);
    await world.card(requestId, 'Approved by alice@corp.test');
    expect(await world.cards(requestId)).toHaveLength(1);
  });

  it('tells nobody wrong: an update that failed comes later', async () => {
    const replica = await start();
    const requestId = await world.ask();
    await world.card(requestId);
    const { called } = plan(['chat.update'], { type: 'answer', status: 500 });
    await press(requestId, replica);
    await called();
    await world.append(requestId, grantIssued);
    world.slack.failWith(undefined);
    await world.card(requestId, 'Approved, grant is open');
  });

  it('leaves a card alone that somebody deleted', async () => {
    const replica = await start();
    const requestId = await world.ask();
    const { ts } = await world.card(requestId);
    const app = new WebClient(world.slack.botToken, { slackApiUrl: world.slack.apiUrl });
    await app.chat.delete({ channel: world.slack.channelId, ts });
    const [updates, logged] = [updatesSoFar(), world.log.length];
    expect((await approveOverHttp(requestId, replica)).status).toBe(200);
    // One for each of the two events, one after the other: by the second, the first is settled.
    await eventually(() => expect(updatesSoFar()).toBeGreaterThanOrEqual(updates + 2));
    const failures = world.log.slice(logged).filter(({ msg }) => msg === 'event not handled');
    expect(failures).toStrictEqual([]);
    expect(await world.cards(requestId)).toStrictEqual([]);
  });
});

describe('a kill of the process', () => {
  it.each<{
    readonly when: string;
    readonly method: string;
    readonly fault: 'hang' | 'lost_answer';
  }>([
    { when: 'before the card is posted', method: 'chat.postMessage', fault: 'hang' },
    {
      when: 'after Slack took the card, before that is remembered',
      method: 'chat.postMessage',
      fault: 'lost_answer',
    },
    { when: 'when it asks Slack who it is', method: 'auth.test', fault: 'hang' },
  ])('neither loses nor doubles the card $when', async ({ method, fault }) => {
    const first = await start();
    const { called } = plan([method], { type: fault });
    const requestId = await world.ask();
    await called();
    kill(first);
    world.slack.failWith(undefined);
    const second = await start();
    await world.card(requestId);
    await press(requestId, second);
    await world.card(requestId, 'Approved by alice@corp.test');
    expect(await world.cards(requestId)).toHaveLength(1);
    expect(await count(requestId, 'AccessRequestApproved')).toBe(1);
  });

  it.each(['hang', 'lost_answer'] as const)(
    'puts the card right when its update was cut off (%s)',
    async (fault) => {
      const first = await start();
      const requestId = await world.ask();
      await world.card(requestId);
      const { called } = plan(['chat.update'], { type: fault });
      await press(requestId, first);
      await called();
      kill(first);
      await world.append(requestId, grantIssued);
      world.slack.failWith(undefined);
      await start();
      await world.card(requestId, 'Approved, grant is open');
      expect(await world.cards(requestId)).toHaveLength(1);
    },
  );

  it('right after a click does not lose what was acknowledged', async () => {
    const first = await start();
    const requestId = await world.ask();
    await press(requestId, first);
    kill(first);
    expect(await count(requestId, 'ApprovalGiven')).toBe(1);
    await start();
    await world.eventOf(requestId, 'AccessRequestApproved');
    await world.card(requestId, 'Approved');
    expect(await count(requestId, 'AccessRequestApproved')).toBe(1);
  });

  it('before it has seen a validated request still asks the humans', async () => {
    const requestId = await world.ask();
    await start();
    await world.card(requestId);
    expect(await count(requestId, 'ApprovalRequested')).toBe(1);
  });

  it('of NATS, and its return, change nothing', async () => {
    const replica = await start();
    const requestId = await world.ask();
    await world.card(requestId);
    await world.nats.kill();
    const answer = await press(requestId, replica);
    expect(answer.status).toBe(200);
    await world.nats.restart();
    await eventually(async () => {
      await press(requestId, replica);
      expect(await count(requestId, 'ApprovalGiven')).toBe(1);
    });
    await world.eventOf(requestId, 'AccessRequestApproved');
    await world.card(requestId, 'Approved by alice@corp.test');
  });
});

describe('a card whose place nobody remembers', () => {
  it('takes decisions still, from our own message only', async () => {
    const replica = await start();
    const requestId = await world.ask();
    await world.card(requestId);
    await eventually(async () =>
      expect(await readyOf(replica)).toMatchObject({ figures: { pendingCards: 0 } }),
    );
    const bucket = await new Kvm(world.connection.jetstream).open(SLACK_CARDS_BUCKET);
    await bucket.purge(requestId);
    await press(requestId, replica);
    await world.card(requestId, 'Approved by alice@corp.test');
    expect(await world.cards(requestId)).toHaveLength(1);
  });
});

describe('two replicas', () => {
  it('post one card per request and agree on the outcome', async () => {
    const [one, two] = await Promise.all([start(), start()]);
    const requests = await Promise.all(Array.from({ length: 8 }, () => world.ask({ count: 2 })));
    await Promise.all(
      requests.map(async (requestId) => {
        await world.card(requestId);
        await Promise.all([press(requestId, one, 'alice'), press(requestId, two, 'bob')]);
      }),
    );
    for (const requestId of requests) {
      await world.eventOf(requestId, 'AccessRequestApproved');
      const card = await world.card(
        requestId,
        'Approved: rollout-restart checkout on prod-eks',
        'alice@corp.test',
        'bob@corp.test',
      );
      expect(buttonsOf(card)).toStrictEqual(['drawbridge_rules']);
      expect(await world.cards(requestId)).toHaveLength(1);
      expect(await count(requestId, 'ApprovalRequested')).toBe(1);
      expect(await count(requestId, 'ApprovalGiven')).toBe(2);
      expect(await count(requestId, 'AccessRequestApproved')).toBe(1);
    }
  });
});

describe('what is written down', () => {
  it('holds no token and no secret', () => {
    const said = inspect(world.log, { depth: 12, maxArrayLength: null });
    expect(world.log.length).toBeGreaterThan(0);
    expect(said).not.toContain(world.slack.botToken);
    expect(said).not.toContain(world.slack.signingSecret);
  });

  it('shows agents nothing that the approver does not see', async () => {
    await start();
    const requestId = await world.ask({ reason: '<!channel> *approved* <https://evil.test|ok>' });
    const card = await world.card(requestId);
    expect(lettersOf(card)).toContain('<!channel> *approved* <https[:]//evil.test|ok>');
    expect(JSON.stringify(card.blocks)).not.toContain('mrkdwn');
    expect(card.text).not.toMatch(/[<>*]/);
  });
});
