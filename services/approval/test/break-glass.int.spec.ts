import {
  OpenReviewsView,
  Problem,
  ReviewView,
  type AccessEvent,
  type AccessTerms,
  type Principal,
} from '@drawbridge/contracts';
import type { DemoSlackMessage, DemoSlackUser } from '@drawbridge/embedded';
import { uuidV7 } from '@drawbridge/runtime';
import { WebClient } from '@slack/web-api';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buttonsOf, lettersOf, startWorld, type Replica, type World } from './approval-world.js';
import type { TokenOptions } from './demo-tokens.js';
import { agent, alice, bob, erin, frank, glassTerms, validated } from './sample-events.js';

const DAY_MS = 86_400_000;
/** Erin reviews; alice breaks the glass, and is in that group too. */
const [security, insider] = [erin, alice].map((human) => ({ ...human, groups: ['security'] })) as [
  Principal,
  Principal,
];

let world: World;
const replicas: Replica[] = [];

beforeAll(async () => {
  world = await startWorld();
  await world.regroup({ erin: ['security'], alice: ['sre-oncall', 'security'] });
});
afterAll(() => world.stop());
afterEach(async () => {
  for (const replica of replicas.splice(0)) await replica.close();
});

const start = async (options: Parameters<World['start']>[0] = {}): Promise<Replica> => {
  const replica = await world.start(options);
  replicas.push(replica);
  return replica;
};
const kill = (...killed: Replica[]) => {
  for (const replica of killed) {
    replicas.splice(replicas.indexOf(replica), 1);
    replica.kill();
  }
};
const polled = { timeout: 60_000, interval: 200 };

interface Broken {
  readonly requestId: string;
  readonly grantId: string;
}
/** Alice breaks the glass, as policy would write it. */
async function breakGlass(changed: Partial<AccessTerms> = {}): Promise<Broken> {
  const [requestId, grantId] = [uuidV7(new Date()), uuidV7(new Date())];
  const announce = [world.slack.channelId];
  const terms: AccessTerms = {
    ...glassTerms,
    ...(glassTerms.breakGlass && { breakGlass: { ...glassTerms.breakGlass, announce } }),
    ...changed,
  };
  const [startsAt, endsAt] = [0, 900_000].map((ms) => new Date(Date.now() + ms).toISOString());
  const grant = {
    type: 'GrantIssued',
    data: {
      ...{ grantId, grantee: alice, terms, approvers: [], startsAt, endsAt },
      policy: { name: 'glass', version: 'a1b2c3d4e5f6' },
    },
  } as AccessEvent;
  await world.append(requestId, validated({ type: 'none' }, alice, terms), grant);
  return { requestId, grantId };
}
const end = ({ requestId, grantId }: Broken) =>
  world.append(requestId, { type: 'GrantRevoked', data: { grantId, reason: 'done' } });
/** One whose review is open. */
async function toReview(): Promise<Broken> {
  const broken = await breakGlass();
  await end(broken);
  await world.eventOf(broken.requestId, 'ReviewRequested');
  return broken;
}

interface Call {
  readonly as?: Principal;
  readonly token?: TokenOptions;
  readonly body?: unknown;
}
async function call({ url }: Replica, path: string, { as = security, token, body }: Call = {}) {
  const response = await fetch(`${url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      Authorization: await world.tokens.bearer(as, token),
      'Content-Type': 'application/json',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, json: await response.json() };
}
const justified = { verdict: 'justified', note: 'the pager was late' };
const complete = (replica: Replica, id: string, options: Call = {}) =>
  call(replica, `/v1/reviews/${id}/complete`, { body: justified, ...options });
const codeOf = async (answer: ReturnType<typeof call>) => {
  const { status, json } = await answer;
  return `${String(status)} ${Problem.parse(json).code}`;
};
const openFor = async (replica: Replica, as: Principal = security): Promise<readonly string[]> =>
  OpenReviewsView.parse((await call(replica, '/v1/reviews', { as })).json).items.map(
    ({ id }) => id,
  );
const typesOf = async (requestId: string) =>
  (await world.history(requestId)).map(({ event }) => event.type);
const countOf = async (requestId: string, type: AccessEvent['type']) =>
  (await typesOf(requestId)).filter((one) => one === type).length;

describe('the review of access that nobody approved', () => {
  it('is asked for once by two replicas, survives both, is reminded of and closed by a reviewer', async () => {
    const first = [await start({ slack: false }), await start({ slack: false })];
    const broken = await breakGlass();
    const { requestId } = broken;
    await end(broken);
    for (const replica of first)
      await expect.poll(() => openFor(replica), polled).toContain(requestId);
    kill(...first);
    const clock = () => new Date(Date.now() + 2.5 * DAY_MS);
    const later = [
      await start({ slack: false, clock }),
      await start({ slack: false, clock }),
    ] as const;
    const reminded = await world.eventOf(requestId, 'ReviewReminded');
    expect(reminded.event.data).toStrictEqual({ count: 2 });
    kill(...later);
    const next = [await start({ slack: false }), await start({ slack: false })] as const;
    for (const replica of next)
      await expect.poll(() => openFor(replica), polled).toContain(requestId);
    expect(await typesOf(requestId)).toStrictEqual([
      'AccessRequestValidated',
      'GrantIssued',
      'GrantRevoked',
      'ReviewRequested',
      'ReviewReminded',
    ]);
    const { status, json } = await complete(next[0], requestId);
    expect(status).toBe(200);
    expect(ReviewView.parse(json)).toMatchObject({
      id: requestId,
      status: 'completed',
      reminders: 2,
      completed: { by: 'erin@corp.test', via: 'http', ...justified },
    });
    for (const replica of next)
      await expect.poll(() => openFor(replica), polled).not.toContain(requestId);
    // The same again is no news, and nothing else is possible any more.
    expect((await complete(next[1], requestId)).status).toBe(200);
    const other = complete(next[1], requestId, { body: { ...justified, note: 'no' } });
    expect(await codeOf(other)).toBe('409 review_not_open');
    expect(await countOf(requestId, 'ReviewCompleted')).toBe(1);
  });

  it('is counted while it is open', async () => {
    const replica = await start({ slack: false });
    const figure = async () => {
      const ready = await fetch(`${replica.url}/readyz`);
      const { figures } = (await ready.json()) as { figures: Record<string, number> };
      return figures['openReviews'];
    };
    const before = (await figure()) ?? Number.NaN;
    const { requestId } = await toReview();
    await expect.poll(figure, polled).toBe(before + 1);
    await complete(replica, requestId);
    await expect.poll(figure, polled).toBe(before);
  });

  it('is shown to those who may complete it, and to nobody else', async () => {
    const replica = await start({ slack: false });
    const { requestId } = await toReview();
    await expect.poll(() => openFor(replica), polled).toContain(requestId);
    for (const as of [insider, bob, frank]) expect(await openFor(replica, as)).toStrictEqual([]);
  });

  it.each<readonly [string, Call, string]>([
    ['whoever did it', { as: insider }, '403 reviewer_not_allowed'],
    [
      'another account of theirs',
      { as: { ...insider, subject: 'alice-2' } },
      '403 reviewer_not_allowed',
    ],
    ['another group', { as: bob }, '403 reviewer_not_allowed'],
    ['an administrator', { as: frank }, '403 reviewer_not_allowed'],
    ['an agent', { as: { ...agent, groups: ['security'] } }, '403 approver_not_human'],
    ['a token that is over', { token: { expiresIn: -100 } }, '401 token_expired'],
    ['no verdict', { body: { note: 'x' } }, '400 body_invalid'],
    ['another verdict', { body: { verdict: 'fine', note: 'x' } }, '400 body_invalid'],
    ['no note', { body: { verdict: 'justified', note: ' ' } }, '400 body_invalid'],
    ['more than that', { body: { ...justified, by: 'bob' } }, '400 body_invalid'],
  ])('is not completed by or with %s', async (_, options, code) => {
    const replica = await start({ slack: false });
    const { requestId } = await toReview();
    expect(await codeOf(complete(replica, requestId, options))).toBe(code);
    expect(await countOf(requestId, 'ReviewCompleted')).toBe(0);
  });

  it('is not there for what is open, approved, unknown or no id', async () => {
    const replica = await start({ slack: false });
    const { requestId } = await breakGlass();
    expect(await codeOf(complete(replica, requestId))).toBe('409 review_not_open');
    const ordinary = await world.ask();
    for (const id of [ordinary, uuidV7(new Date()), '*', '..%2f..'])
      expect(await codeOf(complete(replica, id))).toBe('404 review_unknown');
    const anonymous = await fetch(`${replica.url}/v1/reviews`);
    expect(anonymous.status).toBe(401);
    expect(await codeOf(call(replica, '/v1/reviews', { as: agent }))).toBe(
      '403 approver_not_human',
    );
    expect(await codeOf(call(replica, '/v1/reviews?limit=x'))).toBe('400 query_invalid');
  });

  it('can be revoked by whoever is told of it', async () => {
    const replica = await start({ slack: false });
    const { requestId } = await breakGlass();
    const revoke = (as: Principal) =>
      call(replica, `/v1/access-requests/${requestId}/revoke`, { as, body: { reason: 'enough' } });
    expect(await codeOf(revoke({ ...bob, groups: ['developers'] }))).toBe(
      '403 revocation_not_allowed',
    );
    expect((await revoke(bob)).status).toBe(200);
    await world.eventOf(requestId, 'RevocationOrdered');
  });
});

describe('access that nobody approved, in Slack', () => {
  const cardOf = async ({ requestId }: Broken, ...words: string[]): Promise<DemoSlackMessage> => {
    await expect
      .poll(async () => (await world.cards(requestId)).map(lettersOf).join(), polled)
      .toSatisfy((said: string) => words.every((word) => said.includes(word)));
    const cards = await world.cards(requestId);
    expect(cards).toHaveLength(1);
    return cards[0] as DemoSlackMessage;
  };
  const directTo = async (user: DemoSlackUser, { requestId }: Broken) => {
    const client = new WebClient(world.slack.botToken, { slackApiUrl: world.slack.apiUrl });
    const { channel } = await client.conversations.open({ users: world.slack.users[user] });
    const messages = await world.slack.messages(channel?.id ?? '');
    return messages.filter(({ metadata }) => metadata?.event_payload['request_id'] === requestId);
  };

  it('is announced once by two replicas, in the channel and to who would have been asked', async () => {
    await start();
    await start();
    const broken = await breakGlass();
    const card = await cardOf(broken, 'Glass broken: alice@corp.test', 'nobody answers the pager');
    expect(buttonsOf(card)).toStrictEqual(['drawbridge_revoke']);
    expect(JSON.stringify(card.blocks)).toContain('red_circle');
    for (const user of ['bob', 'dana', 'erin'] as const)
      await expect.poll(() => directTo(user, broken), polled).toHaveLength(1);
    expect(await directTo('alice', broken)).toHaveLength(0);
    await end(broken);
    const over = await cardOf(broken, 'Somebody has to review it', 'Revoked', 'done');
    expect(over.ts).toBe(card.ts);
    await expect
      .poll(async () => buttonsOf(await cardOf(broken)), polled)
      .toStrictEqual(['drawbridge_review']);
    await expect
      .poll(async () => (await world.slack.replies(card)).map(lettersOf), polled)
      .toStrictEqual([expect.stringContaining('Wants a review by one of security')]);
    await expect
      .poll(async () => (await directTo('bob', broken)).map(lettersOf).join(), polled)
      .toContain('Somebody has to review it');
  });

  it('is reviewed by whoever may, in a dialog', async () => {
    const { slackUrl: callbackUrl } = await start();
    const broken = await toReview();
    const { requestId } = broken;
    const card = await cardOf(broken, 'Somebody has to review it', 'by one of security');
    const press = (user: DemoSlackUser) =>
      world.slack.clickButton({ user, message: card, actionId: 'drawbridge_review', callbackUrl });
    const opened = world.slack.openedViews().length;
    for (const user of ['alice', 'bob'] as const) {
      await press(user);
      await expect
        .poll(() => world.slack.ephemerals(user).map(({ text }) => text), polled)
        .toContainEqual(expect.stringContaining('Not taken: this is reviewed by'));
    }
    expect(world.slack.openedViews()).toHaveLength(opened);
    await press('erin');
    await expect.poll(() => world.slack.openedViews().length, polled).toBe(opened + 1);
    const view = world.slack.openedViews()[opened];
    if (view === undefined) throw new Error('no dialog');
    const values = {
      drawbridge_verdict: { verdict: 'not_justified' },
      drawbridge_reason: { reason: 'it could have waited' },
    };
    const submit = (user: DemoSlackUser) =>
      world.slack.submitModal({ user, view, values, callbackUrl });
    expect((await submit('alice')).body).toContain('Not taken');
    expect(await countOf(requestId, 'ReviewCompleted')).toBe(0);
    expect((await submit('erin')).body).toBe('');
    const { event } = await world.eventOf(requestId, 'ReviewCompleted');
    expect(event.data).toMatchObject({
      by: { email: 'erin@corp.test' },
      via: 'slack',
      verdict: 'not_justified',
      note: 'it could have waited',
    });
    const done = await cardOf(broken, 'Reviewed: not justified', 'it could have waited');
    expect(buttonsOf(done)).toStrictEqual([]);
    expect(JSON.stringify(done.blocks)).toContain('red_circle');
  });

  it('stands in the home of who reviews it', async () => {
    const replica = await start();
    const { slackUrl: callbackUrl } = replica;
    await toReview();
    await expect.poll(() => openFor(replica), polled).not.toHaveLength(0);
    const [oldest = ''] = await openFor(replica);
    const event = { type: 'app_home_opened', tab: 'home' };
    await world.slack.happen({ user: 'erin', callbackUrl, event });
    await expect
      .poll(() => JSON.stringify(world.slack.home('erin')), polled)
      .toContain(`drawbridge_${oldest}`);
    expect(JSON.stringify(world.slack.home('erin'))).toContain('To review: ');
    await world.slack.happen({ user: 'bob', callbackUrl, event });
    await expect.poll(() => JSON.stringify(world.slack.home('bob')), polled).toContain('Open now');
    expect(JSON.stringify(world.slack.home('bob'))).not.toContain('To review');
  });

  it('is announced where it can be, also when one of the channels is gone', async () => {
    await start();
    const announce = ['C0GONE', world.slack.channelId];
    const breakGlassTerms = glassTerms.breakGlass && { ...glassTerms.breakGlass, announce };
    const broken = await breakGlass(breakGlassTerms && { breakGlass: breakGlassTerms });
    await cardOf(broken, 'Glass broken');
    await end(broken);
    const over = await cardOf(broken, 'Somebody has to review it');
    await expect
      .poll(async () => (await world.slack.replies(over)).map(lettersOf).join(), polled)
      .toContain('Wants a review');
  });
});
