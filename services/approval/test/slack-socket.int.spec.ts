import { inspect } from 'node:util';
import { SOCKET_MODE, type DemoSlackUser, type Forgery } from '@drawbridge/embedded';
import { eventually } from '@drawbridge/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startWorld, type Replica, type World } from './approval-world.js';

/** Socket Mode: the same as over HTTP, without an address that Slack has to reach; and what comes twice by either. */
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

const connected = (count: number) =>
  expect.poll(() => world.slack.openSockets, { timeout: 60_000 }).toBe(count);
const start = async (by: 'also' | 'only' | 'http' = 'only') => {
  const replica = await world.start(by === 'http' ? {} : { socket: by });
  replicas.push(replica);
  if (by !== 'http') await connected(replicas.length);
  return replica;
};
const Ready = z.object({ status: z.string(), figures: z.record(z.string(), z.number()) });
const readyOf = async ({ url }: Replica) =>
  Ready.parse(await (await fetch(`${url}/readyz`)).json());

interface Doing {
  readonly user?: DemoSlackUser;
  readonly callbackUrl?: string;
  readonly forge?: Forgery;
}
const ask = async () => {
  const requestId = await world.ask({ count: 2 });
  await world.card(requestId, 'Decide by');
  return requestId;
};
const press = async (
  requestId: string,
  actionId: string,
  doing: Doing & { option?: string } = {},
) =>
  world.slack.clickButton({
    user: 'alice',
    callbackUrl: SOCKET_MODE,
    ...doing,
    message: await world.card(requestId),
    actionId,
  });
const approve = (requestId: string, doing: Doing = {}) =>
  press(requestId, 'drawbridge_approve', doing);
const takeBack = async (requestId: string, doing: Doing = {}) => {
  const option = `take_back:${requestId}`;
  await world.card(requestId, 'Take back');
  await press(requestId, 'drawbridge_more', { ...doing, option });
  await world.eventOf(requestId, 'ApprovalVoided');
};
const typing = (text: string, forge: Forgery = {}) =>
  world.slack.command({ user: 'alice', text, callbackUrl: SOCKET_MODE, forge });
const typesOf = async (requestId: string) =>
  (await world.history(requestId)).map(({ event }) => event.type);
const count = async (requestId: string, type: string) =>
  (await typesOf(requestId)).filter((one) => one === type).length;
/** Something that comes later has been taken. */
const later = async () => {
  const other = await ask();
  await approve(other);
  await world.eventOf(other, 'ApprovalGiven');
};

describe('over a socket alone', () => {
  it('people press, submit, type and write as over HTTP', async () => {
    const { slackUrl } = await start();
    const requestId = await ask();
    expect(await approve(requestId)).toMatchObject({ status: 200, body: '' });
    await world.card(requestId, 'Approved by alice@corp.test in Slack');
    expect((await typing('list')).body).toContain('Waits for you');

    const before = world.slack.openedViews().length;
    await press(requestId, 'drawbridge_deny', { user: 'bob' });
    const view = await eventually(() => {
      const opened = world.slack.openedViews()[before];
      if (opened === undefined) throw new Error('no dialog');
      return opened;
    });
    const values = { drawbridge_reason: { reason: 'not today' } };
    const submission = { view, values, callbackUrl: SOCKET_MODE };
    const stranger = await world.slack.submitModal({ user: 'erin', ...submission });
    expect(stranger.body).toContain('Not taken');
    expect((await world.slack.submitModal({ user: 'bob', ...submission })).body).toBe('');
    await world.card(requestId, 'not today');

    await world.slack.happen({
      user: 'alice',
      callbackUrl: SOCKET_MODE,
      event: { type: 'app_home_opened', tab: 'home' },
    });
    await expect
      .poll(() => JSON.stringify(world.slack.home('alice')), { timeout: 60_000 })
      .toContain('Open now');
    expect((await fetch(slackUrl, { method: 'POST' })).status).toBe(404);
  });

  it('nothing is taken that is not for us', async () => {
    await start();
    const requestId = await ask();
    const edits: Forgery['edit'][] = [
      (body) => ({ ...body, team: { id: 'T0EVIL' } }),
      (body) => ({ ...body, api_app_id: 'A0EVIL' }),
      (body) => ({ ...body, team: undefined }),
      (body) => ({ ...body, type: 'shortcut' }),
      (body) => ({ ...body, user: { id: 'U0STRANGER' } }),
      () => 'nothing',
    ];
    for (const edit of edits) {
      // It is acknowledged, so that Slack does not send it again.
      const { status } = await approve(requestId, { forge: { ...(edit && { edit }) } });
      expect(status).toBe(200);
    }
    await later();
    expect(await typesOf(requestId)).not.toContain('ApprovalGiven');
  });
});

describe('a connection', () => {
  it.each(['announced', 'dropped'] as const)('that ends is made again (%s)', async (how) => {
    const replica = await start();
    for (let round = 0; round < 2; round += 1) {
      const before = world.slack.socketsSoFar;
      world.slack.endSockets(how);
      await expect
        .poll(() => world.slack.socketsSoFar, { timeout: 60_000 })
        .toBeGreaterThan(before);
      await connected(1);
      const requestId = await ask();
      await approve(requestId);
      await world.card(requestId, 'Approved by alice@corp.test');
    }
    await expect
      .poll(() => readyOf(replica), { timeout: 60_000 })
      .toMatchObject({ figures: { slackSockets: 1 } });
  });

  it.each([
    { what: 'is down', fault: { type: 'answer', status: 503 } as const },
    {
      what: 'asks to wait',
      fault: { type: 'answer', status: 429, headers: { 'Retry-After': '1' } } as const,
    },
    { what: 'hangs', fault: { type: 'hang' } as const },
    { what: 'refuses the token', fault: { type: 'refuse', error: 'invalid_auth' } as const },
  ])('comes when Slack, which $what, is there again', async ({ fault }) => {
    let asked = 0;
    world.slack.failWith((method) => {
      if (method !== 'apps.connections.open') return undefined;
      asked += 1;
      return fault;
    });
    const replica = await world.start({ socket: 'only' });
    replicas.push(replica);
    await expect.poll(() => asked, { timeout: 60_000 }).toBeGreaterThan(1);
    expect(await readyOf(replica)).toMatchObject({ status: 'ready', figures: { slackSockets: 0 } });
    world.slack.failWith(undefined);
    await connected(1);
    const requestId = await ask();
    await approve(requestId);
    await world.card(requestId, 'Approved by alice@corp.test');
  });

  it('of each of two replicas takes what Slack sends to it', async () => {
    await Promise.all([world.start({ socket: 'only' }), world.start({ socket: 'only' })]).then(
      (both) => replicas.push(...both),
    );
    await connected(2);
    const requests = await Promise.all(Array.from({ length: 6 }, ask));
    await Promise.all(requests.map((requestId) => approve(requestId)));
    for (const requestId of requests) {
      await world.card(requestId, 'Approved by alice@corp.test');
      expect(await count(requestId, 'ApprovalGiven')).toBe(1);
      expect(await world.cards(requestId)).toHaveLength(1);
    }
  });

  it('is ended with the service, and says nothing of its token', async () => {
    const replica = await start();
    await replica.close();
    replicas.splice(0);
    await connected(0);
    expect(inspect(world.log, { depth: 12, maxArrayLength: null })).not.toContain(
      world.slack.appToken,
    );
  });
});

describe('what Slack sends once more', () => {
  /** Approved, and taken back: from here on only a repetition could approve it. */
  const approvedAndTakenBack = async (doing: Doing = {}) => {
    const requestId = await ask();
    const { sent } = await approve(requestId, doing);
    await world.eventOf(requestId, 'ApprovalGiven');
    await takeBack(requestId, doing);
    return { requestId, sent };
  };

  it('over sockets is not taken again, whichever replica it reaches', async () => {
    await start();
    await start();
    const { requestId, sent } = await approvedAndTakenBack();
    for (let turn = 0; turn < 4; turn += 1)
      expect((await world.slack.replay(sent)).status).toBe(200);
    await later();
    expect(await count(requestId, 'ApprovalGiven')).toBe(1);
  });

  it('over HTTP is not taken again by another replica', async () => {
    const [one, two] = [await start('http'), await start('http')];
    const { requestId, sent } = await approvedAndTakenBack({ callbackUrl: one.slackUrl });
    expect((await world.slack.replay({ ...sent, url: two.slackUrl })).status).toBe(200);
    await expect
      .poll(() => world.slack.ephemerals('alice').map(({ text }) => text), { timeout: 60_000 })
      .toContainEqual(expect.stringContaining('this was taken before'));
    expect((await world.slack.replay(sent)).status).toBe(409);
    expect(await count(requestId, 'ApprovalGiven')).toBe(1);
  });

  it('by the other way is not taken again', async () => {
    const { slackUrl } = await start('also');
    const requestId = await ask();
    let payload: unknown;
    const edit = (body: Record<string, unknown>) => (payload = body);
    await approve(requestId, { forge: { edit } });
    await world.eventOf(requestId, 'ApprovalGiven');
    await takeBack(requestId);
    const again = await approve(requestId, {
      callbackUrl: slackUrl,
      forge: { edit: () => payload },
    });
    expect(again.status).toBe(409);
    expect(await count(requestId, 'ApprovalGiven')).toBe(1);
  });

  it('of what people wrote asks once, whichever replica hears of it', async () => {
    const [one] = [await start('also'), await start('also')];
    const requestId = await ask();
    const { ts } = await world.card(requestId);
    const event = {
      type: 'message',
      channel: world.slack.channelId,
      ts: '1700000000.000200',
      thread_ts: ts,
      text: 'why now?',
    };
    const told = { user: 'alice', event, eventId: 'EvREPEATED' } as const;
    for (const callbackUrl of [SOCKET_MODE, SOCKET_MODE, one.slackUrl, SOCKET_MODE])
      await world.slack.happen({ ...told, callbackUrl });
    await world.eventOf(requestId, 'QuestionAsked');
    await later();
    expect(await count(requestId, 'QuestionAsked')).toBe(1);
  });
});
