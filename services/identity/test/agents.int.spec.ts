import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DisabledAgentsView, type TrustBundle } from '@drawbridge/contracts';
import { followTrustBundle, stopEventStore } from '@drawbridge/jetstream';
import { disabledKeyOf } from '@drawbridge/stops';
import { eventually } from '@drawbridge/testing';
import {
  alice,
  anotherRequest,
  bob,
  dana,
  IdentityUnderTest,
  issuerYaml,
  oncall,
  reader,
} from './identity-under-test.js';

let one: IdentityUnderTest;
let other: IdentityUnderTest;
let bundle: TrustBundle | undefined;
let follower: Awaited<ReturnType<typeof followTrustBundle>>;
let admin: string;
let agent: { issuer: string; subject: string };

beforeAll(async () => {
  one = await IdentityUnderTest.start({ ADMIN_GROUPS: 'auditors' });
  other = await one.replica();
  follower = await followTrustBundle(one.connection, (newest) => (bundle = newest));
  admin = await one.humanToken(bob);
  agent = { issuer: one.idp.issuer, subject: oncall.id };
});
beforeEach(async () => {
  await order('enable');
  await published(false);
});
afterAll(async () => {
  await follower.close();
  await other.halt();
  await one.stop();
});

const order = (verb: 'disable' | 'enable', token = admin, body: object = agent) =>
  one.call(`/v1/agents/${verb}`, { token, body: { reason: 'runs wild', ...body } });
const published = (disabled: boolean) =>
  eventually(() => {
    const subjects = bundle?.issuers.flatMap(({ disabledSubjects }) => disabledSubjects);
    expect(subjects?.includes(agent.subject)).toBe(disabled);
  });
const meOf = (identity: IdentityUnderTest, token: string) => identity.call('/v1/me', { token });
const refused = { status: 403, body: { code: 'token_subject_disabled' } };

describe('a disabled agent', () => {
  it('is refused at once here, and by everybody who goes by the trust bundle', async () => {
    const token = await one.agentToken(oncall);
    const otherToken = await one.agentToken(reader);
    expect((await meOf(one, token)).status).toBe(200);
    expect((await meOf(other, token)).status).toBe(200);
    const { status, body } = await order('disable');
    expect(status).toBe(200);
    expect(DisabledAgentsView.parse(body).items).toMatchObject([
      { ...agent, reason: 'runs wild', disabledBy: 'bob@corp.test' },
    ]);
    expect(await meOf(one, token)).toMatchObject(refused);
    expect(await one.call('/v1/access-requests', { token, body: anotherRequest() })).toMatchObject(
      refused,
    );
    await published(true);
    await eventually(async () => expect(await meOf(other, token)).toMatchObject(refused));
    expect((await meOf(one, otherToken)).status).toBe(200);
  });

  it('ends the stream of who follows a request', async () => {
    const token = await one.agentToken(oncall);
    const { body } = await one.call('/v1/access-requests', { token, body: anotherRequest() });
    const { id } = body as { id: string };
    const stream = one.call(`/v1/access-requests/${id}`, {
      token,
      headers: { accept: 'text/event-stream' },
    });
    await order('disable');
    expect((await stream).text).toContain('token_subject_disabled');
  });

  it('stays disabled over a restart, without a moment of trust, and when issuers change', async () => {
    const token = await one.agentToken(oncall);
    await order('disable');
    await published(true);
    const seen: boolean[] = [];
    const watching = await followTrustBundle(one.connection, ({ issuers }) =>
      seen.push(issuers.some(({ disabledSubjects }) => disabledSubjects.includes(oncall.id))),
    );
    await other.halt();
    await other.boot();
    await other.ready();
    expect(await meOf(other, token)).toMatchObject(refused);
    await one.trust('demo', issuerYaml('demo', one.idp.issuer, '  maxTokenAgeSeconds: 3600\n'));
    await eventually(() => {
      expect(bundle?.issuers[0]?.maxTokenAgeSeconds).toBe(3600);
    });
    expect(await meOf(one, token)).toMatchObject(refused);
    expect(new Set(seen)).toStrictEqual(new Set([true]));
    await watching.close();
  });

  it('is believed again once it is enabled, and both are recorded once', async () => {
    const token = await one.agentToken(oncall);
    const events = async () =>
      (await stopEventStore(one.connection, 'audit').load(disabledKeyOf(agent))).events;
    const before = (await events()).length;
    for (const verb of ['disable', 'disable', 'enable', 'enable'] as const) {
      expect((await order(verb)).status).toBe(200);
    }
    const types = (await events()).slice(before).map(({ event }) => event.type);
    expect(types).toStrictEqual(['AgentDisabled', 'AgentEnabled']);
    expect((await meOf(one, token)).status).toBe(200);
    await eventually(async () => expect((await meOf(other, token)).status).toBe(200));
  });
});

describe('disabling', () => {
  it('is for administrators alone, who are humans', async () => {
    const pretender = await one.idp.sign({
      ...{ iss: one.idp.issuer, aud: 'drawbridge', sub: 'agent-admin' },
      ...{ principal_type: 'agent', owner: 'dana@corp.test', groups: ['auditors'] },
      iat: Math.floor(Date.now() / 1000),
      exp: Math.floor(Date.now() / 1000) + 600,
    });
    const before = await one.connection.manager.streams.info('STOPS');
    const tokens = [pretender, await one.agentToken(oncall)];
    for (const human of [alice, dana]) tokens.push(await one.humanToken(human));
    for (const token of tokens) {
      for (const verb of ['disable', 'enable'] as const) {
        expect(await order(verb, token)).toMatchObject({
          status: 403,
          body: { code: 'admins_only' },
        });
      }
      expect((await one.call('/v1/agents/disabled', { token })).status).toBe(403);
    }
    expect((await one.call('/v1/agents/disabled')).status).toBe(401);
    const after = await one.connection.manager.streams.info('STOPS');
    expect(after.state.last_seq).toBe(before.state.last_seq);
  });

  it('names an issuer that is trusted, so that nobody is safe by a slip of the pen', async () => {
    const body = { ...agent, issuer: `${agent.issuer}/` };
    expect(await order('disable', admin, body)).toMatchObject({
      status: 422,
      body: { code: 'agent_issuer_unknown' },
    });
  });

  it.each([
    {},
    { subject: '' },
    { subject: 'x'.repeat(257) },
    { reason: 'a\nb' },
    { reason: '\u202e' },
    { all: true },
  ])('is refused with %j', async (change) => {
    const body = { issuer: agent.issuer, ...change };
    expect(await order('disable', admin, body)).toMatchObject({ status: 400 });
  });
});
