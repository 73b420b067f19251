import { createLocalJWKSet, jwtVerify, type JSONWebKeySet, type JWTPayload } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  DEMO_DEVICE_CLIENT,
  demoPeople,
  startDemoIdentityProvider,
  type DemoIdentityProvider,
} from '../src/index.js';

const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';
const [oncall, , nobody] = demoPeople.agents;
const [alice, , dana] = demoPeople.humans;
let provider: DemoIdentityProvider;

beforeAll(async () => {
  provider = await startDemoIdentityProvider({
    host: '127.0.0.1',
    audience: 'drawbridge',
    ...demoPeople,
  });
});
afterAll(() => provider.close());

const post = async (path: string, body: Record<string, string>, headers = {}) => {
  const form = new URLSearchParams(body);
  const response = await fetch(`${provider.issuer}${path}`, {
    method: 'POST',
    body: form,
    headers,
  });
  return { status: response.status, body: (await response.json()) as Record<string, string> };
};
const keys = async () => {
  const response = await fetch(`${provider.issuer}/jwks`);
  return (await response.json()) as JSONWebKeySet;
};
const verify = async (token: string | undefined): Promise<JWTPayload> => {
  const { payload, protectedHeader } = await jwtVerify(
    String(token),
    createLocalJWKSet(await keys()),
    { issuer: provider.issuer, audience: 'drawbridge' },
  );
  expect(protectedHeader).toMatchObject({ alg: 'RS256', typ: 'at+jwt' });
  return payload;
};
const agentToken = (agent: { id: string; secret: string }) =>
  post('/token', {
    grant_type: 'client_credentials',
    client_id: agent.id,
    client_secret: agent.secret,
  });
const startLogin = async () => {
  const { body } = await post('/device/auth', { client_id: DEMO_DEVICE_CLIENT, scope: 'openid' });
  const poll = () =>
    post('/token', {
      grant_type: DEVICE_CODE,
      client_id: DEMO_DEVICE_CLIENT,
      device_code: String(body['device_code']),
    });
  return { userCode: String(body['user_code']), body, poll };
};

describe('an agent', () => {
  it('gets an access token with its groups and owner', async () => {
    const { body } = await agentToken(oncall);
    expect(await verify(body['access_token'])).toMatchObject({
      sub: 'agent-oncall',
      client_id: 'agent-oncall',
      principal_type: 'agent',
      groups: ['oncall-agents'],
      owner: 'dana@corp.test',
    });
  });

  it('may send its secret in the Authorization header', async () => {
    const basic = Buffer.from(`${nobody.id}:${nobody.secret}`).toString('base64');
    const headers = { authorization: `Basic ${basic}` };
    const { body } = await post('/token', { grant_type: 'client_credentials' }, headers);
    expect(await verify(body['access_token'])).toMatchObject({ sub: 'agent-nobody', groups: [] });
  });

  it('gets nothing with a wrong secret', async () =>
    expect(await agentToken({ ...oncall, secret: 'wrong' })).toMatchObject({ status: 401 }));
});

describe('a human', () => {
  it('logs in with the device flow, through the pages', async () => {
    const login = await startLogin();
    expect((await login.poll()).body).toMatchObject({ error: 'authorization_pending' });
    await provider.approveDevice(login.userCode, alice);
    const { body } = await login.poll();
    const claims = await verify(body['access_token']);
    expect(claims).toMatchObject({
      sub: 'human-alice',
      principal_type: 'human',
      email: 'alice@corp.test',
      groups: ['sre-oncall'],
    });
    expect(claims).not.toHaveProperty('owner');
  });

  it('is asked again for the next code', async () => {
    const login = await startLogin();
    await provider.approveDevice(login.userCode, dana);
    const { body } = await login.poll();
    expect(await verify(body['access_token'])).toMatchObject({ sub: 'human-dana' });
  });

  it('cannot use a code twice, an unknown code, or be somebody unknown', async () => {
    const login = await startLogin();
    await provider.approveDevice(login.userCode, alice);
    await expect(provider.approveDevice(login.userCode, dana)).rejects.toThrow('Log in');
    await expect(provider.approveDevice('AAAA-AAAA', alice)).rejects.toThrow('Log in');
    const other = await startLogin();
    await expect(provider.approveDevice(other.userCode, { id: 'mallory' })).rejects.toThrow(
      'Who are you?',
    );
    expect((await other.poll()).body).toMatchObject({ error: 'authorization_pending' });
  });

  it('sees the code of a link that carries it', async () => {
    const { body, userCode } = await startLogin();
    const response = await fetch(String(body['verification_uri_complete']));
    expect(await response.text()).toContain(userCode);
  });

  it('gets no token without a login', async () => {
    const response = await fetch(`${provider.issuer}/interaction/unknown`, { method: 'POST' });
    expect(response.status).toBe(404);
  });
});

describe('key rotation', () => {
  it('signs with a new key and publishes the former until told to forget it', async () => {
    const before = String((await agentToken(oncall)).body['access_token']);
    await provider.rotateKeys();
    expect((await keys()).keys).toHaveLength(2);
    await verify(before);
    await verify((await agentToken(oncall)).body['access_token']);
    await provider.rotateKeys({ forget: true });
    expect((await keys()).keys).toHaveLength(1);
    await expect(verify(before)).rejects.toThrow('no applicable key');
    await verify((await agentToken(oncall)).body['access_token']);
  });

  it('does not end a login under way', async () => {
    const login = await startLogin();
    await provider.rotateKeys();
    await provider.approveDevice(login.userCode, alice);
    await verify((await login.poll()).body['access_token']);
  });

  it('never publishes a private member', async () => {
    for (const key of (await keys()).keys) {
      expect(Object.keys(key)).toEqual(
        expect.not.arrayContaining(['d', 'p', 'q', 'dp', 'dq', 'qi']),
      );
    }
  });
});
