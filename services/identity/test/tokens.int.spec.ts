import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Problem, TrustBundle } from '@drawbridge/contracts';
import {
  demoPeople,
  startDemoIdentityProvider,
  type DemoIdentityProvider,
} from '@drawbridge/embedded';
import { followTrustBundle, type TrustFollower } from '@drawbridge/jetstream';
import { tokenStatus } from '@drawbridge/token';
import { eventually } from '@drawbridge/testing';
import { bob, dana, IdentityUnderTest, issuerYaml, oncall, reader } from './identity-under-test.js';
import { hostileTokens } from './hostile-tokens.js';

let identity: IdentityUnderTest;
let follower: TrustFollower;
const bundles: TrustBundle[] = [];
beforeAll(async () => {
  identity = await IdentityUnderTest.start();
  follower = await followTrustBundle(identity.connection, (bundle) => bundles.push(bundle));
});
afterAll(async () => {
  await follower.close();
  await identity.stop();
});

/** Sends headers that `fetch` would join or refuse. */
async function send(method: string, path: string, authorization: readonly string[]) {
  const headers = [
    'host',
    'localhost',
    ...authorization.flatMap((value) => ['authorization', value]),
  ];
  const body = method === 'POST' ? '{}' : '';
  if (body !== '') headers.push('content-type', 'application/json', 'content-length', '2');
  const request = httpRequest(`${identity.url}${path}`, { method, headers, agent: false });
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return { response, problem: JSON.parse(await text(response)) as Problem };
}
const me = (token: string) => identity.call('/v1/me', { token });
const newest = () => bundles.at(-1);

const id = '0198f0a4-7f3a-7c40-8e57-0c6b3a4d2e11';
const routes = [
  ['GET', '/v1/me'],
  ['GET', '/v1/trust'],
  ['POST', '/v1/access-requests'],
  ['GET', '/v1/access-requests'],
  ['GET', `/v1/access-requests/${id}`],
  ['GET', `/v1/access-requests/${id}?wait=30`],
  ['DELETE', `/v1/access-requests/${id}`],
] as const;

describe('hostile tokens', () => {
  it.each(routes)('are refused on %s %s, and nothing is appended', async (method, path) => {
    const before = await identity.eventCount();
    for (const { what, code, authorization } of await hostileTokens(identity)) {
      const { response, problem } = await send(method, path, authorization);
      expect({ what, code: problem.code, status: response.statusCode }).toStrictEqual({
        what,
        code,
        status: tokenStatus[code],
      });
      expect(response.headers['content-type']).toBe('application/problem+json');
      if (problem.status === 401) expect(response.headers['www-authenticate']).toContain('Bearer');
    }
    expect(await identity.eventCount()).toBe(before);
  });

  it('in the query are refused, although the header is good', async () => {
    const token = await identity.agentToken(oncall);
    const answer = await identity.call(`/v1/me?access_token=${token}`, { token });
    expect(answer).toMatchObject({ status: 401, body: { code: 'token_in_query' } });
    expect(await identity.call(`/v1/me?access_token=${token}`)).toMatchObject({ status: 401 });
    expect(identity.logLines.join('')).not.toContain(token);
  });

  it('in other headers, cookies and bodies are not looked at', async () => {
    const token = await identity.agentToken(oncall);
    const headers = { cookie: `access_token=${token}`, 'x-forwarded-access-token': token };
    expect(await identity.call('/v1/me', { headers })).toMatchObject({
      status: 401,
      body: { code: 'token_missing' },
    });
    const body = { access_token: token };
    expect(await identity.call('/v1/access-requests', { body })).toMatchObject({ status: 401 });
  });
});

describe('rotated keys', () => {
  it('are learned from the first token that has one', async () => {
    const before = await identity.agentToken(oncall);
    expect((await me(before)).status).toBe(200);
    await identity.idp.rotateKeys();
    const after = await identity.agentToken(oncall);
    await eventually(async () => expect((await me(after)).status).toBe(200));
    expect((await me(before)).status).toBe(200);
  });

  it('are forgotten once the issuer has', async () => {
    const before = await identity.agentToken(oncall);
    expect((await me(before)).status).toBe(200);
    await identity.idp.rotateKeys({ forget: true });
    const after = await identity.agentToken(oncall);
    await eventually(async () => expect((await me(after)).status).toBe(200));
    expect((await me(before)).body).toMatchObject({ code: 'token_key_unknown' });
  });

  it('reach every verifier, and a verifier can ask for them', async () => {
    await identity.idp.rotateKeys();
    await eventually(async () => {
      const answer = await identity.connection.nats.request('drawbridge.trust.refresh', '', {
        timeout: 5_000,
      });
      const jwks = (await (await fetch(`${identity.idp.issuer}/jwks`)).json()) as {
        keys: unknown[];
      };
      const { revision } = answer.json<{ revision: number }>();
      await eventually(
        () => {
          expect(newest()?.issuers[0]?.keys).toHaveLength(jwks.keys.length);
          expect(revision).toBe(newest()?.revision);
        },
        { timeoutMs: 2_000 },
      );
    });
  });

  it('cannot be asked for more often than the cooldown allows', async () => {
    const start = Date.now();
    const counts = { before: await requestsToIssuer(), after: 0 };
    const [token] = (await hostileTokens(identity)).filter(({ what }) => what === 'an unknown key');
    await Promise.all(
      Array.from({ length: 100 }, () => send('GET', '/v1/me', token?.authorization ?? [])),
    );
    counts.after = await requestsToIssuer();
    const seconds = (Date.now() - start) / 1000;
    expect(counts.after - counts.before).toBeLessThanOrEqual(1 + Math.ceil(seconds));
  });
});

/** Readings of keys that the service has logged. */
function requestsToIssuer(): Promise<number> {
  return Promise.resolve(
    identity.logLines.filter((line) => line.includes('"issuer keys read"')).length,
  );
}

describe('the trust bundle', () => {
  it('is published with public keys only, and each newer one has a higher revision', () => {
    expect(bundles.length).toBeGreaterThan(1);
    const revisions = bundles.map(({ revision }) => revision);
    expect(revisions).toStrictEqual(revisions.toSorted((one, other) => one - other));
    expect(new Set(revisions).size).toBe(revisions.length);
    for (const member of ['"d"', '"p"', '"q"', '"dp"', '"dq"', '"qi"', '"k"']) {
      expect(JSON.stringify(bundles)).not.toContain(`${member}:`);
    }
  });

  it('grows over a restart and keeps keys of an issuer that is away meanwhile', async () => {
    const other = await startDemoIdentityProvider({
      host: '127.0.0.1',
      audience: 'drawbridge',
      ...demoPeople,
    });
    await identity.trust('other', issuerYaml('other', other.issuer));
    const keysOfOther = () =>
      newest()?.issuers.find(({ issuer }) => issuer === other.issuer)?.keys.length;
    await eventually(() => expect(keysOfOther()).toBe(1));
    const { revision } = newest()!;
    await identity.halt();
    await other.close();
    await identity.boot();
    await eventually(() => expect(newest()?.revision).toBeGreaterThan(revision));
    expect(keysOfOther()).toBe(1);
    const status = await identity.call('/v1/trust', { token: await identity.humanToken(bob) });
    expect(status.body).toMatchObject({
      published: true,
      configurationProblems: [],
      issuers: [
        { issuer: identity.idp.issuer, keys: newest()!.issuers[0]!.keys.length },
        { issuer: other.issuer, keys: 1, problem: 'issuer_unreachable' },
      ],
    });
    await identity.trust('other', undefined);
    await eventually(() => expect(newest()?.issuers).toHaveLength(1));
  });
});

describe('a removed issuer', () => {
  let second: DemoIdentityProvider;
  beforeAll(async () => {
    const options = { host: '127.0.0.1', audience: 'drawbridge', ...demoPeople };
    second = await startDemoIdentityProvider(options);
    await identity.trust('second', issuerYaml('second', second.issuer));
  });
  afterAll(() => second.close());

  it('is refused, here and everywhere', async () => {
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: reader.id,
      client_secret: reader.secret,
    });
    const response = await fetch(`${second.issuer}/token`, { method: 'POST', body: form });
    const { access_token: token } = (await response.json()) as { access_token: string };
    await eventually(async () => expect((await me(token)).status).toBe(200));
    await identity.trust('second', undefined);
    await eventually(async () =>
      expect((await me(token)).body).toMatchObject({ code: 'token_issuer_unknown' }),
    );
    await eventually(() =>
      expect(newest()?.issuers.map(({ issuer }) => issuer)).toStrictEqual([identity.idp.issuer]),
    );
  });
});

describe('a bad configuration', () => {
  it('leaves the last good one in force and is shown to readers', async () => {
    const token = await identity.humanToken(bob);
    await identity.trust('broken', 'kind: Issuer\n');
    await eventually(async () => {
      const { body } = await identity.call('/v1/trust', { token });
      const { configurationProblems } = body as { configurationProblems: string[] };
      expect(configurationProblems.join('\n')).toContain('broken.yaml:1');
    });
    expect((await me(token)).status).toBe(200);
    await identity.trust('broken', undefined);
    await eventually(async () => {
      const { body } = await identity.call('/v1/trust', { token });
      expect(body).toMatchObject({ configurationProblems: [] });
    });
  });

  it('is shown to nobody else', async () => {
    for (const token of [await identity.humanToken(dana), await identity.agentToken(oncall)]) {
      expect(await identity.call('/v1/trust', { token })).toMatchObject({
        status: 403,
        body: { code: 'readers_only' },
      });
    }
  });
});
