import { AccessRequestView, ExplainInput, Problem, type Explanation } from '@drawbridge/contracts';
import { accessEventStore, EXPLAIN_SUBJECT } from '@drawbridge/jetstream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { IdentityUnderTest, validRequest } from './identity-under-test.js';

let identity: IdentityUnderTest;
const closers: (() => void)[] = [];

beforeAll(async () => {
  identity = await IdentityUnderTest.start();
});
afterAll(() => identity.stop());
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

const path = '/v1/access-requests';
const policy = { name: 'glass', version: 'a1b2c3d4e5f6' };
const denied = (code: string, more: object = {}): Explanation => ({
  ...{ verdict: 'denied', policy, code, message: 'your login is too old to break the glass with' },
  ...more,
});
const wanted = { maxAgeSeconds: 60, acr: ['phr', 'phrh'] };
/** Policy, as far as the ingress asks it; what it was asked. */
async function policySays(answer: Explanation): Promise<readonly ExplainInput[]> {
  const asked: ExplainInput[] = [];
  const { nats } = identity.connection;
  const subscription = nats.subscribe(EXPLAIN_SUBJECT, {
    callback: (error, message) => {
      if (error !== null) return;
      asked.push(ExplainInput.parse(message.json()));
      message.respond(JSON.stringify(answer));
    },
  });
  closers.push(() => subscription.unsubscribe());
  await nats.flush();
  return asked;
}
const authTime = () => Math.floor(Date.now() / 1000) - 30;
const signed = (claims: object = {}) =>
  identity.idp.sign({
    iss: identity.idp.issuer,
    aud: 'drawbridge',
    sub: `alice-${crypto.randomUUID()}`,
    principal_type: 'human',
    email: 'alice@corp.test',
    groups: ['sre-oncall'],
    exp: Math.floor(Date.now() / 1000) + 600,
    ...claims,
  });
const body = { ...validRequest, breakGlass: true };
const submit = async (claims: object = {}, asked: object = body) =>
  identity.call(path, { token: await signed(claims), body: asked });
const recorded = async (id: string) =>
  (await accessEventStore(identity.connection, 'audit').load(id)).events.map(({ event }) => event);

describe('asking for access without an approver', () => {
  it('is recorded with the login, which policy is asked about before', async () => {
    const asked = await policySays(denied('break_glass_not_allowed'));
    const time = authTime();
    const answer = await submit({ auth_time: time, amr: ['pwd', 'hwk'], acr: 'phr' });
    expect(answer.status).toBe(201);
    const proof = {
      issuer: identity.idp.issuer,
      authTime: new Date(time * 1000).toISOString(),
      acr: 'phr',
      amr: ['pwd', 'hwk'],
    };
    expect(asked).toMatchObject([{ proof, request: { breakGlass: true } }]);
    const { id } = AccessRequestView.parse(answer.body);
    expect(await recorded(id)).toMatchObject([{ type: 'AccessRequested', data: { proof } }]);
  });

  it.each(['step_up_required', 'step_up_too_old', 'step_up_too_weak'])(
    'wants another login where policy says %s, and records nothing',
    async (code) => {
      await policySays(denied(code, { stepUp: wanted }));
      const before = await identity.eventCount();
      const answer = await submit({ auth_time: authTime() - 3600 });
      expect([answer.status, Problem.parse(answer.body).code]).toStrictEqual([401, code]);
      expect(answer.headers.get('www-authenticate')).toBe(
        'Bearer realm="drawbridge", error="insufficient_user_authentication", error_description="your login is too old to break the glass with", max_age="60", acr_values="phr phrh"',
      );
      expect(await identity.eventCount()).toBe(before);
    },
  );

  it('proves nothing with a token that does not say when its bearer logged in', async () => {
    const asked = await policySays(denied('step_up_required', { stepUp: { maxAgeSeconds: 300 } }));
    for (const auth_time of [undefined, 'now', -1, authTime() + 3600])
      expect((await submit({ auth_time })).status).toBe(401);
    expect(asked.map(({ proof }) => proof)).toStrictEqual(Array(4).fill(undefined));
  });

  it('takes no proof from whoever asks', async () => {
    const before = await identity.eventCount();
    const proof = { issuer: identity.idp.issuer, authTime: new Date().toISOString() };
    for (const forged of [
      { ...body, proof },
      { ...body, breakGlass: false },
      { ...body, breakGlass: 'true' },
    ]) {
      const answer = await submit({}, forged);
      expect([answer.status, Problem.parse(answer.body).code]).toStrictEqual([400, 'body_invalid']);
    }
    expect(await identity.eventCount()).toBe(before);
  });

  it('is not possible while policy says nothing, or something else', async () => {
    const before = await identity.eventCount();
    const silent = await submit({ auth_time: authTime() });
    expect([silent.status, Problem.parse(silent.body).code]).toStrictEqual([
      503,
      'policy_unavailable',
    ]);
    await policySays({ verdict: 'fine' } as unknown as Explanation);
    expect((await submit({ auth_time: authTime() })).status).toBe(503);
    expect(await identity.eventCount()).toBe(before);
  });

  it('is explained with the login too, and nothing of it matters to other requests', async () => {
    const asked = await policySays(denied('break_glass_not_allowed'));
    const token = await signed({ auth_time: authTime() });
    expect((await identity.call(`${path}/explain`, { token, body })).status).toBe(200);
    expect(asked[0]?.proof?.issuer).toBe(identity.idp.issuer);
    expect((await identity.call(`${path}/explain`, { token, body: validRequest })).status).toBe(
      200,
    );
    expect(asked[1]).not.toHaveProperty('proof');
    const { id } = AccessRequestView.parse(
      (await identity.call(path, { token, body: validRequest })).body,
    );
    expect(asked).toHaveLength(2);
    const [event] = await recorded(id);
    expect(event?.data).not.toHaveProperty('proof');
  });
});
