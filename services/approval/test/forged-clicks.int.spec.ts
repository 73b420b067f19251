import { createHmac } from 'node:crypto';
import type { DemoSlackMessage, DemoSlackUser, Forgery } from '@drawbridge/embedded';
import { uuidV7 } from '@drawbridge/runtime';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startWorld, type Replica, type World } from './approval-world.js';
import { agent, alice, bob, lapsed } from './sample-events.js';

/** T22: whatever was not pressed by the right human on our own card, now, decides nothing. */
let world: World;
let approval: Replica;
let requestId: string;
let card: DemoSlackMessage;
/** How much each user had been told before this test. */
let heard: Readonly<Record<DemoSlackUser, number>>;

beforeAll(async () => {
  world = await startWorld();
  approval = await world.start();
});
afterAll(() => world.stop());
beforeEach(async () => {
  requestId = await world.ask();
  card = await world.card(requestId);
  const count = (user: DemoSlackUser) => world.slack.ephemerals(user).length;
  heard = { alice: count('alice'), bob: count('bob'), dana: count('dana'), erin: count('erin') };
});

interface Press {
  readonly user?: DemoSlackUser;
  readonly actionId?: string;
  readonly forge?: Forgery;
  readonly message?: DemoSlackMessage;
}
const press = ({
  user = 'alice',
  actionId = 'drawbridge_approve',
  forge = {},
  message = card,
}: Press = {}) =>
  world.slack.clickButton({ user, message, actionId, callbackUrl: approval.slackUrl, forge });
const decisionsOf = async (id = requestId) =>
  (await world.history(id))
    .map(({ event }) => event.type)
    .filter((type) => type === 'ApprovalGiven' || type === 'ApprovalDenied');
/** Waits until this user is told, in this test, something that contains `words`. */
const told = (user: DemoSlackUser, words: string) =>
  eventually(() => {
    const texts = world.slack
      .ephemerals(user)
      .slice(heard[user])
      .map(({ text }) => text);
    const found = texts.find((text) => text.includes(words));
    if (found === undefined) throw new Error(`${user} was told ${JSON.stringify(texts)}`);
    return found;
  });
/** The genuine click still works: what was refused left no trace. */
const stillWorks = async () => {
  await press({ user: 'bob' });
  const approved = await world.eventOf(requestId, 'AccessRequestApproved');
  expect(approved.event.data).toStrictEqual({ approvers: [bob] });
  expect(await decisionsOf()).toStrictEqual(['ApprovalGiven']);
};
const seconds = () => Math.floor(Date.now() / 1000);
type Payload = Record<string, unknown>;

describe('a request that Slack did not send now, for us', () => {
  it.each<{ readonly what: string; readonly status: number; readonly forge: () => Forgery }>([
    { what: 'signed with another secret', status: 401, forge: () => ({ signingSecret: 'guess' }) },
    { what: 'five minutes late', status: 401, forge: () => ({ timestamp: seconds() - 302 }) },
    { what: 'dated in the future', status: 401, forge: () => ({ timestamp: seconds() + 302 }) },
    {
      what: 'of another workspace',
      status: 403,
      forge: () => ({ edit: (body) => ({ ...body, team: { id: 'T0EVIL' } }) }),
    },
    {
      what: 'of no workspace',
      status: 400,
      forge: () => ({ edit: (body) => ({ ...body, team: null }) }),
    },
    {
      what: 'of another app',
      status: 403,
      forge: () => ({ edit: (body) => ({ ...body, api_app_id: 'A0EVIL' }) }),
    },
    {
      what: 'without a user',
      status: 400,
      forge: () => ({ edit: (body) => ({ ...body, user: undefined }) }),
    },
    { what: 'that is no object', status: 400, forge: () => ({ edit: () => null }) },
    {
      what: 'with another action',
      status: 200,
      forge: () => ({
        edit: (body) => ({ ...body, actions: [{ action_id: 'other', value: requestId }] }),
      }),
    },
    {
      what: 'with two actions',
      status: 200,
      forge: () => ({
        edit: (body) => ({ ...body, actions: [body['actions'], body['actions']].flat() }),
      }),
    },
    {
      what: 'with a value that is no id',
      status: 200,
      forge: () => ({
        edit: (body) => ({ ...body, actions: [{ action_id: 'drawbridge_approve', value: '*' }] }),
      }),
    },
    {
      what: 'of another type',
      status: 200,
      forge: () => ({ edit: (body) => ({ ...body, type: 'shortcut' }) }),
    },
  ])('is refused with $status: $what', async ({ status, forge }) => {
    expect(await press({ forge: forge() })).toMatchObject({ status, body: '' });
    expect(await decisionsOf()).toStrictEqual([]);
    await stillWorks();
  });

  it('is refused when it is sent again', async () => {
    const { sent } = await press();
    await world.eventOf(requestId, 'ApprovalGiven');
    expect(await world.slack.replay(sent)).toMatchObject({ status: 409 });
    expect(await decisionsOf()).toStrictEqual(['ApprovalGiven']);
  });

  it('decides nothing more when it is sent again to another replica', async () => {
    const other = await world.start();
    const { sent } = await press();
    await world.eventOf(requestId, 'AccessRequestApproved');
    await world.slack.replay({ ...sent, url: other.slackUrl });
    expect(await decisionsOf()).toStrictEqual(['ApprovalGiven']);
    await other.close();
  });

  it('is refused when a trigger comes back under a fresh signature', async () => {
    const { sent } = await press();
    const used = JSON.parse(new URLSearchParams(sent.body).get('payload') ?? '') as Payload;
    const answer = await press({
      user: 'bob',
      forge: { edit: (body) => ({ ...body, trigger_id: used['trigger_id'] }) },
    });
    expect(answer.status).toBe(409);
  });
});

describe('a request that is not what Slack sends', () => {
  const sign = (body: string, timestamp = String(seconds())) => ({
    'X-Slack-Request-Timestamp': timestamp,
    'X-Slack-Signature': `v0=${createHmac('sha256', world.slack.signingSecret)
      .update(`v0:${timestamp}:${body}`)
      .digest('hex')}`,
  });
  const form = 'application/x-www-form-urlencoded';
  const send = async (body: string, headers: Record<string, string>) =>
    (await fetch(approval.slackUrl, { method: 'POST', body, headers })).status;
  const payload = () => {
    const click = { type: 'block_actions', team: { id: world.slack.teamId } };
    return new URLSearchParams({ payload: JSON.stringify(click) }).toString();
  };

  it.each([
    { what: 'no signature', status: 401, send: () => send(payload(), { 'Content-Type': form }) },
    {
      what: 'an empty signature',
      status: 401,
      send: () => send(payload(), { ...sign(payload()), 'X-Slack-Signature': '' }),
    },
    {
      what: 'version v1',
      status: 401,
      send: () => {
        const body = payload();
        const headers = sign(body);
        return send(body, {
          ...headers,
          'X-Slack-Signature': headers['X-Slack-Signature'].replace('v0', 'v1'),
          'Content-Type': form,
        });
      },
    },
    {
      what: 'a timestamp with other letters',
      status: 401,
      send: () => send(payload(), { ...sign(payload(), `${seconds()}.0`), 'Content-Type': form }),
    },
    {
      what: 'JSON',
      status: 400,
      send: () => send('{}', { ...sign('{}'), 'Content-Type': 'application/json' }),
    },
    {
      what: 'no payload',
      status: 400,
      send: () => send('a=b', { ...sign('a=b'), 'Content-Type': form }),
    },
    {
      what: 'two payloads',
      status: 400,
      send: () => {
        const body = `${payload()}&${payload()}`;
        return send(body, { ...sign(body), 'Content-Type': form });
      },
    },
    {
      what: 'a payload that is no JSON',
      status: 400,
      send: () => send('payload=%7B', { ...sign('payload=%7B'), 'Content-Type': form }),
    },
    {
      what: 'an empty body',
      status: 400,
      send: () => send('', { ...sign(''), 'Content-Type': form }),
    },
    {
      what: 'a body that is too large',
      status: 413,
      send: () => send('x'.repeat(300_000), { ...sign(''), 'Content-Type': form }),
    },
  ])('is refused with $status: $what', async ({ status, send: sent }) => {
    expect(await sent()).toBe(status);
  });

  it.each(['GET', 'PUT', 'DELETE'])('is refused with method %s', async (method) => {
    expect((await fetch(approval.slackUrl, { method })).status).toBe(404);
  });
});

describe('a click by somebody who may not decide', () => {
  it.each<{ readonly who: string; readonly press: Press; readonly words: string }>([
    {
      who: 'the owner of the agent',
      press: { user: 'dana' },
      words: 'you are the owner of the agent',
    },
    { who: 'a human of no approver group', press: { user: 'erin' }, words: 'none of the groups' },
    {
      who: 'the owner, to deny',
      press: { user: 'dana', actionId: 'drawbridge_deny' },
      words: 'you are the owner',
    },
    {
      who: 'a stranger to deny',
      press: { user: 'erin', actionId: 'drawbridge_deny' },
      words: 'none of the groups',
    },
  ])('is answered to $who alone', async ({ press: pressed, words }) => {
    const dialogs = world.slack.openedViews().length;
    expect(await press(pressed)).toMatchObject({ status: 200, body: '' });
    expect(await told(pressed.user ?? 'alice', words)).toMatch(/^Not taken: /);
    expect(world.slack.openedViews()).toHaveLength(dialogs);
    await stillWorks();
  });

  const asUser = (edit: (user: Payload) => Payload): Forgery => ({
    edit: (body) => ({ ...body, user: edit(Object(body['user']) as Payload) }),
  });
  it.each<{ readonly who: string; readonly forge: () => Forgery }>([
    {
      who: 'an account that nobody is mapped to',
      forge: () => asUser((user) => ({ ...user, id: 'U000000001' })),
    },
    {
      who: 'the same id in a connected workspace',
      forge: () => asUser((user) => ({ ...user, team_id: 'T0OTHER' })),
    },
    { who: 'a bot', forge: () => asUser((user) => ({ ...user, is_bot: true })) },
    { who: 'our own bot', forge: () => asUser((user) => ({ ...user, id: 'U0DRAWBRDG' })) },
  ])('counts for nobody when it is $who', async ({ forge }) => {
    expect(await press({ forge: forge() })).toMatchObject({ status: 200 });
    await stillWorks();
  });

  it('says so to an account that nobody is mapped to', async () => {
    await press({ user: 'erin', forge: asUser((user) => ({ ...user, team_id: 'T0OTHER' })) });
    await told('erin', 'belongs to nobody');
  });

  it('T17 counts for nobody once the identity behind the account is disabled', async () => {
    await world.disable(approval, alice);
    await press({ user: 'alice' });
    await told('alice', 'disabled');
    await press({ user: 'alice', actionId: 'drawbridge_deny' });
    await stillWorks();
    await world.disable(approval);
  });

  it('is refused to the requester', async () => {
    const own = await world.ask({ requester: { ...agent, kind: 'human', subject: 'bob' } });
    await press({ user: 'bob', message: await world.card(own) });
    await told('bob', 'you asked for this access yourself');
    expect(await decisionsOf(own)).toStrictEqual([]);
  });
});

describe('a click on something that is not the card', () => {
  const at = (container: Payload): Forgery => ({
    edit: (body) => ({
      ...body,
      container: { ...Object(body['container']), ...container } as Payload,
    }),
  });
  it.each<{ readonly what: string; readonly forge: () => Forgery }>([
    { what: 'another message', forge: () => at({ message_ts: '1700000000.000100' }) },
    { what: 'another channel', forge: () => at({ channel_id: 'C0ELSEWHERE' }) },
  ])('is refused: $what', async ({ forge }) => {
    const direct = await world.slack.directId('alice');
    const before = (await world.slack.messages(direct)).length;
    await press({ forge: forge() });
    // Where we are not, nobody can be told; then they are directly.
    await eventually(async () => {
      const texts = (await world.slack.messages(direct)).map(({ text }) => text);
      const hers = world.slack.ephemerals('alice').slice(heard.alice);
      const said = [...texts.slice(0, texts.length - before), ...hers.map(({ text }) => text)];
      expect(said).toContainEqual(expect.stringContaining('this is not the current card'));
    });
    await stillWorks();
  });

  it('is refused when the card of one request names another', async () => {
    const other = await world.ask({ reason: 'something harmless' });
    const harmless = await world.card(other);
    const forge: Forgery = {
      edit: (body) => ({
        ...body,
        actions: [{ action_id: 'drawbridge_approve', value: requestId }],
      }),
    };
    await press({ message: harmless, forge });
    await told('alice', 'this is not the current card');
    expect(await decisionsOf(other)).toStrictEqual([]);
    await stillWorks();
  });

  it('is refused when it names a request that does not exist', async () => {
    const value = uuidV7(new Date());
    await press({
      forge: {
        edit: (body) => ({ ...body, actions: [{ action_id: 'drawbridge_approve', value }] }),
      },
    });
    await told('alice', 'there is no access request with this id');
    await stillWorks();
  });

  it('believes nothing that the message says about the request', async () => {
    const forge: Forgery = {
      edit: (body) => ({ ...body, message: { text: 'edited', blocks: [] } }),
    };
    await press({ forge });
    const given = await world.eventOf(requestId, 'ApprovalGiven');
    expect(given.event.data).toMatchObject({ approver: { subject: 'alice' } });
  });
});

describe('a click that comes too late', () => {
  it('counts a double click once, and says so', async () => {
    const [first, second] = await Promise.all([press(), press()]);
    expect([first.status, second.status]).toStrictEqual([200, 200]);
    await told('alice', 'You had approved this request already.');
    expect(await decisionsOf()).toStrictEqual(['ApprovalGiven']);
  });

  it('is refused once the request has lapsed, and the card is put right', async () => {
    await world.append(requestId, lapsed);
    await press();
    await told('alice', 'the request has lapsed');
    await world.card(requestId, 'Lapsed, nobody decided in time');
    expect(await decisionsOf()).toStrictEqual([]);
  });

  it('is refused once somebody else has decided', async () => {
    await press({ user: 'bob' });
    await world.eventOf(requestId, 'AccessRequestApproved');
    await press({ user: 'alice' });
    await told('alice', 'the request was already approved');
  });
});

describe('the dialog for a denial', () => {
  const open = async () => {
    const before = world.slack.openedViews().length;
    await press({ user: 'bob', actionId: 'drawbridge_deny' });
    return eventually(() => {
      const view = world.slack.openedViews()[before];
      if (view === undefined) throw new Error('no dialog');
      return view;
    });
  };
  const submit = async (user: DemoSlackUser, forge: Forgery = {}) =>
    world.slack.submitModal({
      user,
      view: await open(),
      values: { drawbridge_reason: { reason: 'no' } },
      callbackUrl: approval.slackUrl,
      forge,
    });

  it('is judged again when it is submitted, and says why in the dialog', async () => {
    const answer = await submit('dana');
    expect(JSON.parse(answer.body)).toMatchObject({
      response_action: 'errors',
      errors: {
        drawbridge_reason:
          'Not taken: you are the owner of the agent that asks, so somebody else must decide.',
      },
    });
    expect(await decisionsOf()).toStrictEqual([]);
  });

  it('may not point at another card', async () => {
    const other = await world.ask();
    await world.card(other);
    const answer = await submit('bob', {
      edit: (body) => {
        const view = Object(body['view']) as Payload;
        const pointer = JSON.parse(String(view['private_metadata'])) as Payload;
        return {
          ...body,
          view: { ...view, private_metadata: JSON.stringify({ ...pointer, requestId: other }) },
        };
      },
    });
    expect(answer.body).toContain('this is not the current card');
    expect(await decisionsOf(other)).toStrictEqual([]);
  });

  it.each<{ readonly what: string; readonly status: number; readonly forge: Forgery }>([
    { what: 'signed with another secret', status: 401, forge: { signingSecret: 'guess' } },
    {
      what: 'of another workspace',
      status: 403,
      forge: { edit: (body) => ({ ...body, team: { id: 'T0EVIL' } }) },
    },
    {
      what: 'with a pointer that is none',
      status: 200,
      forge: {
        edit: (body) => ({
          ...body,
          view: { ...Object(body['view']), private_metadata: '{' } as Payload,
        }),
      },
    },
  ])('is refused with $status: $what', async ({ status, forge }) => {
    expect((await submit('bob', forge)).status).toBe(status);
    expect(await decisionsOf()).toStrictEqual([]);
  });

  it('says so when Slack cannot open it', async () => {
    world.slack.failWith((method) =>
      method === 'views.open' ? { type: 'answer', status: 500 } : undefined,
    );
    await press({ user: 'bob', actionId: 'drawbridge_deny' });
    world.slack.failWith(undefined);
    await told('bob', 'press once more');
  });
});
