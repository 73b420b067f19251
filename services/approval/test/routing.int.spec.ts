import { Kvm } from '@nats-io/kv';
import { SLACK_CARDS_BUCKET } from '@drawbridge/jetstream';
import { uuidV7 } from '@drawbridge/runtime';
import type { DemoSlackMessage, DemoSlackUser } from '@drawbridge/embedded';
import { eventually } from '@drawbridge/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buttonsOf, lettersOf, startWorld, type Replica, type World } from './approval-world.js';
import { grantIssued, stepsOf } from './sample-events.js';

/** Where cards go: by routes, and directly to people where no channel takes one. */
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

const start = async () => {
  const replica = await world.start();
  replicas.push(replica);
  return replica;
};
const kill = (replica: Replica) => {
  replicas.splice(replicas.indexOf(replica), 1);
  replica.kill();
};

const kind = (name: string, more: object) => ({
  apiVersion: 'drawbridge.dev/v1alpha1',
  kind: name,
  ...more,
});
const connection = kind('Connection', {
  metadata: { name: 'prod-eks', labels: { team: 'payments' } },
  spec: {
    environment: 'production',
    server: 'https://kubernetes.test',
    credential: { type: 'bearerToken', file: 'token' },
  },
});
const routing = (...routes: object[]) =>
  kind('Routing', { metadata: { name: 'cards' }, spec: { routes } });
const toTeam = (more: object = {}) => ({
  when: { teams: ['payments'], risk: ['medium', 'high'] },
  channel: world.slack.teamChannelId,
  ...more,
});

const cardsIn = async (channel: string, requestId: string) =>
  (await world.slack.messages(channel)).filter(
    ({ metadata }) => metadata?.event_payload['request_id'] === requestId,
  );
const cardIn = (channel: string, requestId: string, ...words: string[]) =>
  eventually(
    async () => {
      const [card] = await cardsIn(channel, requestId);
      const said = card === undefined ? 'no card' : lettersOf(card);
      const lacking = words.find((word) => !said.includes(word));
      if (card === undefined || lacking !== undefined) throw new Error(`${lacking ?? ''}: ${said}`);
      return card;
    },
    { timeoutMs: 60_000 },
  );
/** Waits until new cards go to the channel: the directory is looked at twice a second. */
const routedTo = (channel: string) =>
  eventually(
    async () => {
      const requestId = await world.ask();
      await world.eventOf(requestId, 'ApprovalRequested');
      await eventually(async () => {
        const channels = [world.slack.channelId, world.slack.teamChannelId];
        const found = await Promise.all(channels.map((one) => cardsIn(one, requestId)));
        if (found.flat().length === 0) throw new Error('no card');
      });
      if ((await cardsIn(channel, requestId)).length === 0) throw new Error('elsewhere');
      return requestId;
    },
    { timeoutMs: 60_000 },
  );
/** A message is in Slack before it is remembered that it is; until then no click on it is taken. */
const remembered = ({ metadata, ts }: DemoSlackMessage) =>
  eventually(async () => {
    const id = String(metadata?.event_payload['request_id']);
    const bucket = await new Kvm(world.connection.jetstream).open(SLACK_CARDS_BUCKET);
    const places: string[] = [];
    for await (const key of await bucket.keys([id, `${id}.*`]))
      places.push((await bucket.get(key))?.string() ?? '');
    expect(places.join()).toContain(`"ts":"${ts}"`);
  });
const press = async (
  { url }: { readonly url: string },
  {
    user,
    channelId,
    message,
  }: { user: DemoSlackUser; channelId: string; message: DemoSlackMessage },
) => {
  await remembered(message);
  return world.slack.clickButton({
    user,
    message,
    channelId,
    actionId: 'drawbridge_approve',
    callbackUrl: `${url}/slack/events`,
  });
};
/** No message of ours gets into a channel. */
const closed = (error: string) =>
  world.slack.failWith((method, sent) =>
    /^chat.post|^conversations.history/.test(method) && sent.get('channel')?.startsWith('C')
      ? { type: 'refuse', error }
      : undefined,
  );

describe('a route', () => {
  it('decides where a card is first posted, and it stays there', async () => {
    await world.configure([connection, routing(toTeam())]);
    const replica = await start();
    const requestId = await routedTo(world.slack.teamChannelId);
    expect(await cardsIn(world.slack.channelId, requestId)).toStrictEqual([]);
    await world.configure([connection]);
    await routedTo(world.slack.channelId);
    const channelId = world.slack.teamChannelId;
    const message = await cardIn(channelId, requestId, 'Decide by');
    const copy = await press(replica, { user: 'alice', channelId: world.slack.channelId, message });
    expect(copy.status).toBe(200);
    await press(replica, { user: 'alice', channelId, message });
    await cardIn(channelId, requestId, 'Approved by alice@corp.test');
    await world.append(requestId, grantIssued);
    await expect
      .poll(() => world.slack.replies(message, channelId), { timeout: 60_000 })
      .toHaveLength(1);
    expect(await cardsIn(world.slack.channelId, requestId)).toStrictEqual([]);
  });

  it('that moved while a card was being posted posts no second one', async () => {
    await world.configure([connection, routing(toTeam())]);
    const first = await start();
    await routedTo(world.slack.teamChannelId);
    let isLost = false;
    const reason = 'its card is posted while routes move';
    world.slack.failWith((method, sent) => {
      if (method !== 'chat.postMessage' || sent.get('blocks')?.includes(reason) !== true)
        return undefined;
      isLost = true;
      return { type: 'lost_answer' };
    });
    const requestId = await world.ask({ reason });
    await eventually(() => expect(isLost).toBe(true));
    kill(first);
    await world.configure([connection]);
    world.slack.failWith(undefined);
    await start();
    await world.append(requestId, grantIssued);
    await cardIn(world.slack.teamChannelId, requestId, 'grant is open');
    expect(await cardsIn(world.slack.teamChannelId, requestId)).toHaveLength(1);
    expect(await cardsIn(world.slack.channelId, requestId)).toStrictEqual([]);
  });

  it('may send it to people directly, too: to those of its groups who may decide', async () => {
    await world.configure([connection, routing(toTeam({ alsoDirect: ['sre-oncall'] }))]);
    await start();
    const requestId = await routedTo(world.slack.teamChannelId);
    for (const user of ['alice', 'bob'] as const)
      await cardIn(await world.slack.directId(user), requestId, 'Decide by');
    // Dana owns the agent, and Erin is in another group.
    for (const user of ['dana', 'erin'] as const)
      expect(await cardsIn(await world.slack.directId(user), requestId)).toStrictEqual([]);
  });
});

describe('a channel that takes nothing of ours', () => {
  beforeAll(() => world.configure([]));

  it.each(['channel_not_found', 'not_in_channel', 'is_archived'])(
    'leaves one card with each who may decide (%s)',
    async (error) => {
      const replica = await start();
      closed(error);
      const requestId = await world.ask({ count: 2 });
      const [alices, bobs] = [
        await world.slack.directId('alice'),
        await world.slack.directId('bob'),
      ];
      const hers = await cardIn(alices, requestId, 'Decide by');
      const his = await cardIn(bobs, requestId, 'Decide by');
      await press(replica, { user: 'alice', channelId: alices, message: hers });
      await cardIn(bobs, requestId, 'Approved by alice@corp.test', '1 of 2');
      // A card of somebody else counts for whoever presses it, as in a channel; nothing else does.
      await press(replica, { user: 'bob', channelId: bobs, message: his });
      for (const channel of [alices, bobs]) {
        const card = await cardIn(channel, requestId, 'Approved by bob@corp.test');
        expect(buttonsOf(card)).toStrictEqual(['drawbridge_rules']);
      }
      await world.append(requestId, grantIssued);
      for (const [channel, card] of [
        [alices, hers],
        [bobs, his],
      ] as const) {
        await expect
          .poll(() => world.slack.replies(card, channel), { timeout: 60_000 })
          .toHaveLength(1);
        expect(await cardsIn(channel, requestId)).toHaveLength(1);
      }
      // It stays with them when the channel is open again.
      world.slack.failWith(undefined);
      expect(await world.cards(requestId)).toStrictEqual([]);
    },
  );

  it('says what comes of it to the others when one of them takes no messages any more', async () => {
    const replica = await start();
    closed('not_in_channel');
    const requestId = await world.ask();
    const [alices, bobs] = [await world.slack.directId('alice'), await world.slack.directId('bob')];
    await cardIn(alices, requestId, 'Decide by');
    const message = await cardIn(bobs, requestId, 'Decide by');
    world.slack.failWith((method, sent) =>
      method === 'chat.postMessage' && sent.get('channel') === alices
        ? { type: 'refuse', error: 'user_disabled' }
        : undefined,
    );
    await press(replica, { user: 'bob', channelId: bobs, message });
    await cardIn(bobs, requestId, 'Approved by bob@corp.test');
    await world.append(requestId, grantIssued);
    await expect
      .poll(() => world.slack.replies(message, bobs), { timeout: 60_000 })
      .toHaveLength(1);
  });

  it('brings it to those of the next step once that is asked', async () => {
    await world.regroup({ erin: ['sre-leads'] });
    const replica = await start();
    closed('not_in_channel');
    const requestId = await world.ask({ approval: stepsOf() });
    const [alices, erins] = [
      await world.slack.directId('alice'),
      await world.slack.directId('erin'),
    ];
    const message = await cardIn(alices, requestId, 'Decide by');
    expect(await cardsIn(erins, requestId)).toStrictEqual([]);
    await press(replica, { user: 'alice', channelId: alices, message });
    const next = await cardIn(erins, requestId, 'Approved by alice@corp.test');
    await press(replica, { user: 'erin', channelId: erins, message: next });
    await cardIn(alices, requestId, 'Approved by erin@corp.test');
    await world.regroup({});
  });

  it.each(['hang', 'lost_answer'] as const)(
    'leaves one card when the process dies while it sends them (%s)',
    async (type) => {
      const first = await start();
      const bobs = await world.slack.directId('bob');
      let isStuck = false;
      const reason = `its process dies of ${type}`;
      world.slack.failWith((method, sent) => {
        const channel = sent.get('channel') ?? '';
        if (method !== 'chat.postMessage') return undefined;
        if (channel.startsWith('C')) return { type: 'refuse', error: 'is_archived' };
        // What is still said of other requests gets through.
        if (channel !== bobs || sent.get('blocks')?.includes(reason) !== true) return undefined;
        isStuck = true;
        return { type };
      });
      const requestId = await world.ask({ reason });
      await eventually(() => expect(isStuck).toBe(true));
      kill(first);
      closed('is_archived');
      await start();
      await world.append(requestId, grantIssued);
      for (const user of ['alice', 'bob'] as const) {
        const channel = await world.slack.directId(user);
        await cardIn(channel, requestId, 'grant is open');
        expect(await cardsIn(channel, requestId)).toHaveLength(1);
      }
    },
  );

  it('doubles nothing with two replicas', async () => {
    await Promise.all([start(), start()]);
    closed('not_in_channel');
    const requests = await Promise.all(Array.from({ length: 5 }, () => world.ask()));
    for (const requestId of requests) {
      await world.eventOf(requestId, 'ApprovalRequested');
      await world.append(requestId, grantIssued);
      for (const user of ['alice', 'bob'] as const) {
        const channel = await world.slack.directId(user);
        await cardIn(channel, requestId, 'grant is open');
        expect(await cardsIn(channel, requestId)).toHaveLength(1);
      }
    }
  });

  it('is asked again while nobody who may decide is in Slack', async () => {
    await start();
    closed('channel_not_found');
    const requestId = await world.ask({
      approval: stepsOf({ steps: [{ type: 'humans', name: 'x', count: 1, groups: ['nobody'] }] }),
    });
    await eventually(() => expect(world.log.map(({ msg }) => msg)).toContain('event not handled'));
    world.slack.failWith(undefined);
    await world.card(requestId);
    expect(await world.cards(requestId)).toHaveLength(1);
  });

  it('does not keep an answer from who pressed', async () => {
    const replica = await start();
    closed('not_in_channel');
    const requestId = await world.ask();
    const channelId = await world.slack.directId('alice');
    const message = await cardIn(channelId, requestId, 'Decide by');
    await world.append(requestId, {
      type: 'AccessRequestWithdrawn',
      data: {
        by: {
          kind: 'agent',
          issuer: 'https://idp.corp.test',
          subject: uuidV7(new Date()),
          groups: [],
        },
      },
    });
    await press(replica, { user: 'alice', channelId, message });
    await expect
      .poll(() => world.slack.ephemerals('alice').map(({ text }) => text), { timeout: 60_000 })
      .toContainEqual(expect.stringContaining('Not taken'));
  });
});
