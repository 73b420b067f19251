import type { DemoSlackMessage, DemoSlackUser, Forgery } from '@drawbridge/embedded';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startWorld, type Replica, type World } from './approval-world.js';
import { grantIssued } from './sample-events.js';

/** What Slack offers beside the cards: commands, the home, and what is written in threads. */
let world: World;
let service: Replica;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());
beforeEach(async () => {
  service = await world.start();
  return () => service.close();
});

const callbackUrl = () => service.slackUrl;
const typing = async (user: DemoSlackUser, text: string, forge: Forgery = {}) =>
  world.slack.command({ user, text, callbackUrl: callbackUrl(), forge });
const typesOf = async (requestId: string) =>
  (await world.history(requestId)).map(({ event }) => event.type);
const ask = async (reason?: string) => {
  const requestId = await world.ask(reason === undefined ? {} : { reason });
  await world.card(requestId, 'Decide by');
  return requestId;
};
/** Its own end lies in the past, so it is issued anew until the end of time. */
const grant = async () => {
  const requestId = await ask();
  if (grantIssued.type !== 'GrantIssued') throw new Error('another sample');
  const until = new Date(Date.now() + 3_600_000).toISOString();
  await world.append(requestId, { ...grantIssued, data: { ...grantIssued.data, endsAt: until } });
  await world.card(requestId, 'grant is open');
  return requestId;
};
const told = (user: DemoSlackUser, words: string) =>
  expect
    .poll(() => world.slack.ephemerals(user).map(({ text }) => text))
    .toContainEqual(expect.stringContaining(words));

/** The address for an answer, as this replica reaches it. */
const at = (fields: Record<string, unknown>, origin: string) =>
  `${origin}${new URL(String(fields['response_url'])).pathname}`;

describe('/drawbridge list', () => {
  it('tells an approver what waits for them and what is open, with a link and Revoke', async () => {
    const [waiting, open] = [await ask('<!channel> *x*'), await grant()];
    const list = await eventually(async () => {
      const { status, body } = await typing('alice', 'list');
      expect(status).toBe(200);
      if (!body.includes(open)) throw new Error(body);
      return body;
    });
    expect(list).toContain('Waits for you');
    expect(list).toContain('<!channel> *x*');
    expect(list).not.toContain('mrkdwn');
    expect(list).toContain(`drawbridge_${waiting}`);
    expect(list).toContain('"url":"');
  });

  it('tells others of nothing that is not theirs', async () => {
    await ask();
    expect((await typing('erin', 'list')).body).toContain('Waits for you: 0');
    expect((await typing('dana', 'list')).body).toContain('Waits for you: 0');
  });

  it('helps with anything else', async () => {
    for (const text of ['', 'help', 'extend', '<!channel>']) {
      expect((await typing('erin', text)).body).toContain('/drawbridge revoke');
    }
  });

  it('is answered at the address of the command when that takes long', async () => {
    const before = world.slack.ephemerals('bob').length;
    world.slack.failWith((method) =>
      method === 'chat.getPermalink' ? { type: 'hang' } : undefined,
    );
    const other = await world.start({ slackTimeoutMs: 3_000 });
    await ask();
    const { body } = await world.slack.command({
      user: 'bob',
      text: 'list',
      callbackUrl: other.slackUrl,
      forge: { edit: (fields) => ({ ...fields, response_url: at(fields, other.slackOrigin) }) },
    });
    world.slack.failWith(undefined);
    expect(body).toBe('');
    await eventually(() => {
      if (world.slack.ephemerals('bob').length === before) throw new Error('nothing was said');
    });
    await told('bob', 'wait for you');
    await other.close();
  });
});

describe('/drawbridge revoke', () => {
  it('ends a grant for who may, with a reason', async () => {
    const requestId = await grant();
    expect((await typing('erin', `revoke ${requestId} because`)).body).toContain('Not taken');
    expect(await typesOf(requestId)).not.toContain('RevocationOrdered');
    const answer = await typing('bob', `revoke ${requestId} not needed any more`);
    expect(answer.body).toContain('the grant ends now');
    const ordered = await world.eventOf(requestId, 'RevocationOrdered');
    expect(ordered.event.data).toMatchObject({ via: 'slack', reason: 'not needed any more' });
  });

  it('asks why in a dialog, also from the list', async () => {
    const requestId = await grant();
    const view = await eventually(async () => {
      const before = world.slack.openedViews().length;
      await typing('bob', `revoke ${requestId}`);
      const opened = world.slack.openedViews()[before];
      if (opened === undefined) throw new Error('no dialog');
      return opened;
    });
    const submission = { view, callbackUrl: callbackUrl() };
    const empty = await world.slack.submitModal({ user: 'bob', values: {}, ...submission });
    expect(empty.body).toContain('there is no reason');
    const values = { drawbridge_reason: { reason: 'enough' } };
    const stranger = await world.slack.submitModal({ user: 'erin', values, ...submission });
    expect(stranger.body).toContain('Not taken');
    const { body } = await world.slack.submitModal({ user: 'bob', values, ...submission });
    expect(body).toBe('');
    const ordered = await world.eventOf(requestId, 'RevocationOrdered');
    expect(ordered.event.data).toMatchObject({ reason: 'enough' });
  });

  it.each([
    { what: 'no id', id: 'x', words: 'no access request with this id' },
    { what: 'an unknown one', id: crypto.randomUUID(), words: 'no access request with this id' },
  ])('is refused for $what', async ({ id, words }) => {
    expect((await typing('bob', `revoke ${id} y`)).body).toContain(words);
    expect((await typing('bob', `revoke ${id}`)).body).toContain(words);
  });

  it('is refused for a grant that is not open', async () => {
    const requestId = await ask();
    expect((await typing('bob', `revoke ${requestId} y`)).body).toContain('Not taken');
    expect(await typesOf(requestId)).not.toContain('RevocationOrdered');
  });
});

describe('a command that Slack did not send now, for us', () => {
  it.each<{ readonly what: string; readonly status: number; readonly forge: () => Forgery }>([
    { what: 'signed with another secret', status: 401, forge: () => ({ signingSecret: 'guess' }) },
    {
      what: 'late',
      status: 401,
      forge: () => ({ timestamp: Math.floor(Date.now() / 1000) - 302 }),
    },
    {
      what: 'of another workspace',
      status: 403,
      forge: () => ({ edit: (fields) => ({ ...fields, team_id: 'T0EVIL' }) }),
    },
    {
      what: 'of another app',
      status: 403,
      forge: () => ({ edit: (fields) => ({ ...fields, api_app_id: 'A0EVIL' }) }),
    },
    {
      what: 'with an interaction beside it',
      status: 400,
      forge: () => ({ edit: (fields) => ({ ...fields, payload: '{}' }) }),
    },
    {
      what: 'of another name',
      status: 200,
      forge: () => ({ edit: (fields) => ({ ...fields, command: '/other' }) }),
    },
  ])('is refused with $status: $what', async ({ status, forge }) => {
    const requestId = await grant();
    const answer = await typing('bob', `revoke ${requestId} y`, forge());
    expect(answer).toMatchObject({ status, body: '' });
    expect(await typesOf(requestId)).not.toContain('RevocationOrdered');
  });

  it('is refused when it comes again, and sends no answer to strangers', async () => {
    const { sent } = await typing('bob', 'list');
    expect((await world.slack.replay(sent)).status).toBe(409);
  });

  it('belongs to nobody when the account is mapped to nobody', async () => {
    const forge: Forgery = { edit: (fields) => ({ ...fields, user_id: 'U0STRANGER' }) };
    expect((await typing('bob', 'list', forge)).body).toContain('belongs to nobody');
  });
});

describe('the home of the app', () => {
  const openHome = (user: DemoSlackUser) =>
    world.slack.happen({
      user,
      callbackUrl: callbackUrl(),
      event: { type: 'app_home_opened', tab: 'home' },
    });
  const shows = (user: DemoSlackUser, words: string) =>
    expect.poll(() => JSON.stringify(world.slack.home(user)), { timeout: 60_000 }).toContain(words);

  it('shows what waits and what is open, and follows it', async () => {
    await openHome('alice');
    await shows('alice', 'Open now');
    const requestId = await ask('because of the home');
    await shows('alice', 'because of the home');
    const open = await grant();
    await shows('alice', open);
    await world.append(requestId, {
      type: 'AccessRequestLapsed',
      data: { decideBy: new Date().toISOString() },
    });
    await expect
      .poll(() => JSON.stringify(world.slack.home('alice')), { timeout: 60_000 })
      .not.toContain('because of the home');
  });

  it('shows who is nobody that they are', async () => {
    const forge: Forgery = {
      edit: (body) => ({
        ...body,
        event: { ...Object(body['event']), user: 'U0STRANGER' } as object,
      }),
    };
    const event = { type: 'app_home_opened', tab: 'home' };
    const [answer] = await world.slack.happen({
      user: 'erin',
      callbackUrl: callbackUrl(),
      event,
      forge,
    });
    expect(answer?.status).toBe(200);
  });
});

describe('what is written below a card', () => {
  interface Writing {
    readonly user?: DemoSlackUser;
    readonly card?: DemoSlackMessage;
    readonly event?: Readonly<Record<string, unknown>>;
    readonly eventId?: string;
    readonly forge?: Forgery;
  }
  const write = async (requestId: string, { user = 'bob', card, event, ...more }: Writing = {}) => {
    const { ts } = card ?? (await world.card(requestId));
    return world.slack.happen({
      user,
      callbackUrl: callbackUrl(),
      event: {
        type: 'message',
        channel: world.slack.channelId,
        ts: `${Math.floor(Date.now() / 1000)}.000100`,
        thread_ts: ts,
        text: 'since &lt;when&gt;?',
        ...event,
      },
      ...more,
    });
  };
  const questions = async (requestId: string) =>
    (await typesOf(requestId)).filter((type) => type === 'QuestionAsked').length;

  it('is a question to the agent, once however often it is told', async () => {
    const requestId = await ask();
    const eventId = `Ev${crypto.randomUUID()}`;
    await write(requestId, { eventId });
    const asked = await world.eventOf(requestId, 'QuestionAsked');
    expect(asked.event.data).toMatchObject({ text: 'since <when>?', via: 'slack' });
    await told('bob', 'agent-oncall is asked');
    const answers = await write(requestId, { eventId });
    expect(answers.map(({ status }) => status)).toEqual([200]);
    const other = await world.start();
    service = other;
    await write(requestId, { eventId });
    await told('bob', 'agent-oncall is asked');
    expect(await questions(requestId)).toBe(1);
  });

  it('is refused to who may not decide, and they are told', async () => {
    const requestId = await ask();
    await write(requestId, { user: 'erin' });
    await told('erin', 'none of the groups');
    expect(await questions(requestId)).toBe(0);
  });

  it.each<{ readonly what: string; readonly writing: Writing }>([
    { what: 'by a bot', writing: { event: { bot_id: 'B1' } } },
    { what: 'an edit', writing: { event: { subtype: 'message_changed' } } },
    { what: 'below no message', writing: { event: { thread_ts: undefined } } },
    { what: 'below another message', writing: { event: { thread_ts: '1.000001' } } },
    { what: 'of nothing', writing: { event: { text: ' \u202E ' } } },
    { what: 'signed with another secret', writing: { forge: { signingSecret: 'guess' } } },
    {
      what: 'of another workspace',
      writing: { forge: { edit: (body) => ({ ...body, team_id: 'T0EVIL' }) } },
    },
    {
      what: 'of another app',
      writing: { forge: { edit: (body) => ({ ...body, api_app_id: 'A0EVIL' }) } },
    },
    {
      what: 'without an id',
      writing: { forge: { edit: (body) => ({ ...body, event_id: undefined }) } },
    },
  ])('asks nothing when it is $what', async ({ writing }) => {
    const requestId = await ask();
    await write(requestId, writing);
    // What comes after it is taken, so it was looked at.
    await write(requestId);
    await world.eventOf(requestId, 'QuestionAsked');
    expect(await questions(requestId)).toBe(1);
  });

  it('asks nothing below a card that is decided', async () => {
    const requestId = await grant();
    await write(requestId);
    const other = await ask();
    await write(other);
    await world.eventOf(other, 'QuestionAsked');
    expect(await questions(requestId)).toBe(0);
  });
});

describe('the address of the app', () => {
  it('answers the challenge of Slack, and of nobody else', async () => {
    const challenge = { type: 'url_verification', challenge: 'c0ffee', token: 't' };
    const happening = { user: 'bob', callbackUrl: callbackUrl(), event: {} } as const;
    const [genuine] = await world.slack.happen({ ...happening, forge: { edit: () => challenge } });
    expect(genuine).toMatchObject({ status: 200 });
    expect(genuine?.body).toContain('c0ffee');
    const forge: Forgery = { edit: () => challenge, signingSecret: 'guess' };
    const [forged] = await world.slack.happen({ ...happening, forge });
    expect(forged).toMatchObject({ status: 401, body: '' });
  });
});
