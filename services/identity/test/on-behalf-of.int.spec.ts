import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AccessRequestView, Problem } from '@drawbridge/contracts';
import { accessEventStore, EXPLAIN_SUBJECT } from '@drawbridge/jetstream';
import { eventually } from '@drawbridge/testing';
import { hostileTokens } from './hostile-tokens.js';
import {
  alice,
  anotherRequest,
  erin,
  IdentityUnderTest,
  issuerYaml,
  oncall,
  reader,
} from './identity-under-test.js';

let identity: IdentityUnderTest;
let agent: string;
let human: string;
let subject: string;
beforeAll(async () => {
  identity = await IdentityUnderTest.start();
  agent = await identity.agentToken(oncall);
  human = await identity.humanToken(alice);
  const { body } = await identity.call('/v1/me', { token: human });
  ({ subject } = body as { subject: string });
});
afterAll(() => identity.stop());

const path = '/v1/access-requests';
const header = (token: string) => ({ 'drawbridge-on-behalf-of': `Bearer ${token}` });
const ask = (headers: Readonly<Record<string, string>>, more: object = {}, where = path) =>
  identity.call(where, { token: agent, headers, body: { ...anotherRequest(), ...more } });
const me = () => ({ issuer: identity.idp.issuer, subject });
const recordedOf = async (view: unknown) => {
  const store = accessEventStore(identity.connection, 'identity');
  const { events } = await store.load((view as AccessRequestView).id);
  return events.map(({ event }) => event);
};

describe('an agent that asks on behalf of a human', () => {
  it('shows a token of theirs; what is recorded names them, and no token', async () => {
    const { status, body } = await ask(header(human));
    expect(status).toBe(201);
    const [asked] = await recordedOf(body);
    expect(asked).toMatchObject({
      type: 'AccessRequested',
      data: {
        requester: { subject: oncall.id },
        request: { onBehalfOf: me() },
        behalf: { human: { kind: 'human', ...me(), email: alice.email }, proof: 'token' },
      },
    });
    expect(JSON.stringify(asked)).not.toContain(human);
    expect(identity.logLines.join('\n')).not.toContain(human.slice(-40));
  });

  it('may name them too, and names nobody else by it', async () => {
    expect((await ask(header(human), { onBehalfOf: me() })).status).toBe(201);
    for (const other of [
      { ...me(), subject: 'erin' },
      { ...me(), issuer: 'https://other.test' },
    ]) {
      expect(await ask(header(human), { onBehalfOf: other })).toMatchObject({
        status: 403,
        body: { code: 'behalf_token_invalid' },
      });
    }
  });

  it('may only name them, which proves nothing and brings no groups', async () => {
    const { status, body } = await ask({}, { onBehalfOf: me() });
    expect(status).toBe(201);
    expect(await recordedOf(body)).toMatchObject([
      { data: { behalf: { human: { kind: 'human', ...me(), groups: [] }, proof: 'none' } } },
    ]);
  });

  it('is followed by that human, and by no other', async () => {
    const { body } = await ask(header(human));
    const target = `${path}/${(body as AccessRequestView).id}`;
    await eventually(async () =>
      expect((await identity.call(target, { token: human })).status).toBe(200),
    );
    const other = await identity.humanToken(erin);
    expect((await identity.call(target, { token: other })).status).toBe(404);
    const withdrawal = await identity.call(target, { token: human, method: 'DELETE' });
    expect(withdrawal).toMatchObject({ status: 403, body: { code: 'withdrawal_not_allowed' } });
  });

  it('may ask for different humans at once, and for one only once', async () => {
    const request = anotherRequest();
    const send = (headers: Readonly<Record<string, string>>) =>
      identity.call(path, { token: agent, headers, body: request });
    expect((await send(header(human))).status).toBe(201);
    expect((await send(header(await identity.humanToken(erin)))).status).toBe(201);
    expect(await send(header(human))).toMatchObject({
      status: 409,
      body: { code: 'identical_request_open' },
    });
  });

  it('is explained what would become of that very request', async () => {
    const asked: unknown[] = [];
    const subscription = identity.connection.nats.subscribe(EXPLAIN_SUBJECT, {
      callback: (_error, message) => {
        asked.push(message.json());
        message.respond(JSON.stringify({ verdict: 'denied', code: 'x', message: 'no' }));
      },
    });
    await identity.connection.nats.flush();
    expect((await ask(header(human), {}, `${path}/explain`)).status).toBe(200);
    subscription.unsubscribe();
    expect(asked).toMatchObject([
      { request: { onBehalfOf: me() }, behalf: { human: me(), proof: 'token' } },
    ]);
  });
});

/** Sends headers that `fetch` would join. */
async function send(shown: readonly string[], where: string): Promise<Problem> {
  const headers = [
    ...['host', 'localhost', 'authorization', `Bearer ${agent}`],
    ...['content-type', 'application/json'],
    ...shown.flatMap((value) => ['Drawbridge-On-Behalf-Of', value]),
  ];
  const body = JSON.stringify(anotherRequest());
  headers.push('content-length', String(Buffer.byteLength(body)));
  const request = httpRequest(`${identity.url}${where}`, { method: 'POST', headers, agent: false });
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return JSON.parse(await text(response)) as Problem;
}

describe('T31 what is no token of a human', () => {
  const refused = async (shown: readonly string[]) => {
    const before = await identity.eventCount();
    for (const where of [path, `${path}/explain`]) {
      const { status, code, detail } = await send(shown, where);
      expect([status, code]).toStrictEqual([403, 'behalf_token_invalid']);
      const told = shown.filter((value) => value.length > 60 && detail.includes(value.slice(-40)));
      expect(told).toStrictEqual([]);
    }
    expect(await identity.eventCount()).toBe(before);
  };

  it('is refused, and nothing is recorded: every hostile token', async () => {
    for (const { authorization } of await hostileTokens(identity)) {
      if (authorization.length > 0) await refused(authorization);
    }
  });

  it.each([
    ['of the agent itself', () => agent],
    ['of another agent', () => identity.agentToken(reader)],
  ])('is refused: a token %s', async (_what, token) => refused([`Bearer ${await token()}`]));

  it('is refused: two of them, and one that is no bearer token', async () => {
    await refused([`Bearer ${human}`, `Bearer ${human}`]);
    await refused([`Bearer ${human}, Bearer ${human}`]);
    await refused([human]);
    await refused([`Basic ${human}`]);
  });

  it('is refused: a token of a human who is disabled', async () => {
    const yaml = issuerYaml('demo', identity.idp.issuer);
    await identity.trust('demo', `${yaml}  disabledSubjects: ['${subject}']\n`);
    await eventually(async () =>
      expect(await ask(header(human))).toMatchObject({
        status: 403,
        body: { code: 'behalf_token_invalid' },
      }),
    );
    await identity.trust('demo', yaml);
    await eventually(async () => expect((await ask(header(human))).status).toBe(201));
  });
});
