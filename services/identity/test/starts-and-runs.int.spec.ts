import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AccessRequestView } from '@drawbridge/contracts';
import { eventually } from '@drawbridge/testing';
import {
  anotherRequest,
  IdentityUnderTest,
  issuerYaml,
  oncall,
  type Answer,
} from './identity-under-test.js';

let identity: IdentityUnderTest;
beforeAll(async () => {
  identity = await IdentityUnderTest.start();
});
afterAll(() => identity.stop());

const path = '/v1/access-requests';
const ask = (token: string, more: object, key?: string): Promise<Answer> =>
  identity.call(path, {
    token,
    body: { ...anotherRequest(), ...more },
    ...(key !== undefined && { headers: { 'idempotency-key': key } }),
  });
const startingIn = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();

describe('a start', () => {
  it('is recorded as it was asked for', async () => {
    const startAt = startingIn(3600);
    const { status, body } = await ask(await identity.agentToken(oncall), { startAt });
    expect(status).toBe(201);
    expect((body as AccessRequestView).request.startAt).toBe(startAt);
  });

  it.each([
    { what: 'that has passed', startAt: startingIn(-1), code: 'start_invalid' },
    { what: 'that no policy could allow', startAt: startingIn(700_000), code: 'start_invalid' },
    { what: 'without a zone', startAt: '2099-01-05T22:00:00', code: 'body_invalid' },
    { what: 'that is none', startAt: 'soon', code: 'body_invalid' },
    { what: 'in seconds', startAt: 4_000_000_000, code: 'body_invalid' },
  ])('$what is refused, and nothing is recorded', async ({ startAt, code }) => {
    const status = code === 'body_invalid' ? 400 : 422;
    const token = await identity.agentToken(oncall);
    const before = await identity.eventCount();
    for (const where of [path, `${path}/explain`]) {
      const body = { ...anotherRequest(), startAt };
      expect(await identity.call(where, { token, body })).toMatchObject({ status, body: { code } });
    }
    expect(await identity.eventCount()).toBe(before);
  });

  it('that was good when it was asked for is good when it is asked for again', async () => {
    const token = await identity.agentToken(oncall);
    const startAt = startingIn(2);
    const body = { ...anotherRequest(), startAt };
    const headers = { 'idempotency-key': 'the-same-start' };
    const first = await identity.call(path, { token, body, headers });
    expect(first.status).toBe(201);
    await eventually(() => expect(Date.now()).toBeGreaterThan(Date.parse(startAt)));
    expect(await identity.call(path, { token, body, headers })).toMatchObject({ status: 200 });
  });
});

describe('an issuer that says which run a token is for', () => {
  const tokenOf = (run?: unknown) => {
    const now = Math.floor(Date.now() / 1000);
    const who = { sub: 'agent-oncall', principal_type: 'agent', owner: 'dana@corp.test' };
    const times = { iat: now, nbf: now, exp: now + 600 };
    const of = { iss: identity.idp.issuer, aud: 'drawbridge', client_id: 'agent-oncall' };
    const claims = { ...of, ...who, ...times, ...(run !== undefined && { run_id: run }) };
    return identity.idp.sign(claims, { typ: 'at+jwt' });
  };
  beforeAll(async () => {
    const yaml = issuerYaml('demo', identity.idp.issuer);
    await identity.trust('demo', yaml.replace('owner: /owner', 'owner: /owner\n    run: /run_id'));
    const token = await tokenOf('nightly-1');
    await eventually(async () => {
      const { body } = await identity.call('/v1/me', { token });
      expect(JSON.stringify(body)).toContain('nightly-1');
    });
  });

  it('lets a token ask in the name of its own run', async () => {
    const { status, body } = await ask(await tokenOf('nightly-1'), { runId: 'nightly-1' });
    expect(status).toBe(201);
    expect((body as AccessRequestView).requester.run).toBe('nightly-1');
  });

  it.each([
    ['of another run', 'nightly-2'],
    ['of no run', undefined],
  ])('lets no token %s do so, and nothing is recorded', async (_what, run) => {
    const token = await tokenOf(run);
    const before = await identity.eventCount();
    const refused = { status: 403, body: { code: 'run_not_yours' } };
    expect(await ask(token, { runId: 'nightly-1' })).toMatchObject(refused);
    const body = { ...anotherRequest(), runId: 'nightly-1' };
    expect(await identity.call(`${path}/explain`, { token, body })).toMatchObject(refused);
    expect(await identity.eventCount()).toBe(before);
  });

  it('lets every token ask in the name of none', async () =>
    expect((await ask(await tokenOf(), {})).status).toBe(201));

  it.each([4711, '', ['nightly-1']])('is refused where the claim is %j', async (run) =>
    expect(await ask(await tokenOf(run), {})).toMatchObject({
      status: 403,
      body: { code: 'token_claims_invalid' },
    }),
  );
});
