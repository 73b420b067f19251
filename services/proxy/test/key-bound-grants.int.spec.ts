import { X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { connect as connectHttp2 } from 'node:http2';
import { join } from 'node:path';
import { connect, type ConnectionOptions } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCertificateAuthority } from '@drawbridge/embedded';
import { eventually } from '@drawbridge/testing';
import { agentKey, RSA, type AgentKey } from './agent-key.js';
import { spdyLines, webSocketLines } from './channels/channel-client.js';
import { goodHandshake, startFakeCluster, type FakeCluster } from './channels/fake-cluster.js';
import { startGateway, type Gateway } from './gateway-under-test.js';
import { http2Call } from './http2-client.js';
import { startRecordingUpstream, type RecordingUpstream } from './recording-upstream.js';

const pods = '/connections/prod/api/v1/namespaces/payments/pods';
const exec = '/connections/live/api/v1/namespaces/payments/pods/web-0/exec?command=sh&stdout=true';
let upstream: RecordingUpstream;
let cluster: FakeCluster;
let gateway: Gateway;

beforeAll(async () => {
  upstream = await startRecordingUpstream();
  cluster = await startFakeCluster();
  const credential = 'type: bearerToken\nfile: cluster.token';
  gateway = await startGateway({
    connections: [
      {
        name: 'prod',
        server: upstream.address,
        certificateAuthority: upstream.certificateAuthority,
        hosts: ['prod.corp.test'],
        credential,
      },
      {
        name: 'live',
        server: cluster.address,
        certificateAuthority: cluster.certificateAuthority,
        credential,
      },
    ],
    variables: { AGENT_CALLS_PER_SECOND: '1000', AGENT_BURST: '1000' },
  });
  await writeFile(join(gateway.directory, 'cluster.token'), 'cluster-token');
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
  await cluster.close();
});
beforeEach(() => {
  upstream.received.length = 0;
  cluster.handshake = goodHandshake;
});

interface Sent {
  readonly status: number;
  readonly code: string | undefined;
  readonly body: string;
}
interface Call {
  readonly token?: string;
  readonly method?: string;
  readonly body?: string;
  readonly host?: string;
  readonly tls?: ConnectionOptions;
}

/** One call over HTTP/1.1 on a connection of its own, with whatever the client shows in its handshake. */
const call = (path: string, { token = '', method = 'GET', body, host, tls }: Call): Promise<Sent> =>
  new Promise((resolve, reject) => {
    const request = httpsRequest(`${gateway.address}${path}`, {
      method,
      ca: gateway.raw.certificateAuthority,
      agent: false,
      servername: 'localhost',
      headers: {
        ...(token !== '' && { authorization: `Bearer ${token}` }),
        ...(host !== undefined && { host }),
      },
      ...tls,
    });
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('close', () => {
        const code = response.headers['drawbridge-refusal'];
        const { statusCode = 0 } = response;
        resolve({ status: statusCode, code: code?.toString(), body: text });
      });
    });
    request.on('error', reject);
    request.end(body);
  });

let agents = 0;
/** An agent whose grant is bound to a key. */
async function agent(key?: AgentKey, connection = 'prod') {
  agents += 1;
  const subject = `agent-${String(agents)}`;
  const own = key ?? (await agentKey());
  const granted = await gateway.grant({ subject, connection, keyThumbprint: own.thumbprint });
  const token = gateway.issuer.token({ sub: subject });
  await eventually(async () => {
    const { code } = await call(`/connections/${connection}/version`, { token });
    expect(code).toBe('grant_key_required');
  });
  return { subject, token, own, ...granted };
}
type Agent = Awaited<ReturnType<typeof agent>>;

const ask = ({ token, own, grantId }: Agent, more: Call = {}) =>
  call(`/grants/${grantId}/certificate`, { token, method: 'POST', body: own.request, ...more });

/** What an agent shows that has asked for its certificate. */
async function shown(one: Agent): Promise<ConnectionOptions> {
  const { status, body } = await ask(one);
  expect(status).toBe(201);
  return { cert: body, key: one.own.key };
}

async function http2Status(token: string, tls: ConnectionOptions = {}) {
  const ca = gateway.raw.certificateAuthority;
  const session = connectHttp2(gateway.address, { ca, servername: 'localhost', ...tls });
  session.on('error', () => undefined);
  const answer = await http2Call(session, {
    ':path': pods,
    ':method': 'GET',
    authorization: `Bearer ${token}`,
  });
  session.destroy();
  return { status: answer.status, code: answer.headers['drawbridge-refusal'] };
}

/** The head of the answer to an upgrade. */
const upgraded = (token: string, lines: readonly string[], tls: ConnectionOptions = {}) =>
  new Promise<string>((resolve, reject) => {
    const { host, port, certificateAuthority: ca } = gateway.raw;
    const socket = connect({ host, port, ca, servername: 'localhost', ...tls });
    const head = [`GET ${exec} HTTP/1.1`, 'Host: localhost', `Authorization: Bearer ${token}`];
    socket.write([...head, ...lines, '', ''].join('\r\n'));
    socket.on('error', reject);
    socket.once('data', (bytes: Buffer) => {
      socket.destroy();
      resolve(bytes.toString('latin1').toLowerCase());
    });
  });

describe('a stolen token of an agent whose grant is bound to a key', () => {
  it('opens nothing over HTTP/1.1 and HTTP/2', async () => {
    const { token } = await agent();
    expect(await call(pods, { token })).toMatchObject({ status: 403, code: 'grant_key_required' });
    expect(await http2Status(token)).toStrictEqual({ status: 403, code: 'grant_key_required' });
    expect(upstream.received).toHaveLength(0);
  });

  it('opens nothing under the host name of the connection, and says so of no other', async () => {
    const { token } = await agent();
    const host = 'prod.corp.test';
    expect(await call('/api/v1/pods', { token, host })).toMatchObject({
      code: 'grant_key_required',
    });
  });

  it.each([
    ['WebSocket', webSocketLines(['v5.channel.k8s.io'])],
    ['SPDY', spdyLines(['v4.channel.k8s.io'])],
  ])('opens no channel over %s', async (_, lines) => {
    const one = await agent(undefined, 'live');
    expect(await upgraded(one.token, lines)).toContain('grant_key_required');
    expect(await upgraded(one.token, lines, await shown(one))).toContain('http/1.1 101 ');
  });

  it('opens nothing with the certificate of another agent', async () => {
    const [victim, thief] = [await agent(), await agent()];
    const tls = await shown(thief);
    expect(await call(pods, { token: victim.token, tls })).toMatchObject({
      code: 'grant_key_wrong',
    });
    expect(await http2Status(victim.token, tls)).toMatchObject({ code: 'grant_key_wrong' });
    expect(await ask(victim, { body: thief.own.request })).toMatchObject({
      status: 403,
      code: 'grant_key_wrong',
    });
    expect(upstream.received).toHaveLength(0);
  });

  it('opens nothing with a certificate of another authority', async () => {
    const { token, grantId } = await agent();
    const other = await createCertificateAuthority('others');
    const { certificate, key } = await other.issueClient(grantId, []);
    const tls = { cert: certificate, key };
    expect(await call(pods, { token, tls })).toMatchObject({ code: 'grant_key_required' });
    expect(await http2Status(token, tls)).toMatchObject({ code: 'grant_key_required' });
    expect(upstream.received).toHaveLength(0);
  });

  it('opens nothing with a certificate that is signed in the name of the authority, and harms nobody', async () => {
    const [one, other] = [await agent(), await agent()];
    const forger = await createCertificateAuthority('agents');
    const { certificate, key } = await forger.issueClient(one.grantId, []);
    const tls = await shown(other);
    const answers = await Promise.all([
      call(pods, { token: one.token, tls: { cert: certificate, key } }),
      call(pods, { token: other.token, tls }),
    ]);
    // OpenSSL reads nothing more behind a signature that is wrong.
    expect(answers.map(({ status }) => status)).toStrictEqual([400, 200]);
    expect(upstream.received).toHaveLength(1);
  });

  it('tells of no other grant than its own, and asks what it may do in vain', async () => {
    const { token } = await agent();
    const body = JSON.stringify({
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { verb: 'get', resource: 'pods', namespace: 'payments' } },
    });
    const path = '/connections/prod/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
    const answer = await call(path, { token, method: 'POST', body });
    expect(JSON.parse(answer.body)).toMatchObject({ status: { allowed: false } });
  });
});

describe('an agent with its key', () => {
  it('uses its grant over HTTP/1.1 and HTTP/2, by a certificate that ends with it', async () => {
    const one = await agent();
    const tls = await shown(one);
    const read = new X509Certificate(String(tls.cert));
    expect(read.subject).toBe(`CN=${one.grantId}`);
    expect(read.keyUsage).toStrictEqual(['1.3.6.1.5.5.7.3.2']);
    expect(Date.parse(read.validTo) - Date.now()).toBeGreaterThan(500_000);
    expect(Date.parse(read.validTo) - Date.now()).toBeLessThan(601_000);
    expect(await call(pods, { token: one.token, tls })).toMatchObject({ status: 200 });
    expect(await http2Status(one.token, tls)).toMatchObject({ status: 200 });
  });

  it('needs its token all the same', async () => {
    const one = await agent();
    const tls = await shown(one);
    expect(await call(pods, { tls })).toMatchObject({ status: 401, code: 'token_missing' });
    const other = gateway.issuer.token({ sub: 'agent-nobody' });
    expect(await call(pods, { token: other, tls })).toMatchObject({ code: 'no_grant' });
  });

  it('is nobody any more when the grant has ended', async () => {
    const one = await agent();
    const tls = await shown(one);
    const data = { grantId: one.grantId, reason: 'a test' };
    await gateway.append(one.requestId, { type: 'GrantRevoked', data });
    await eventually(async () =>
      expect(await call(pods, { token: one.token, tls })).toMatchObject({ code: 'grant_revoked' }),
    );
    expect(await ask(one)).toMatchObject({ status: 403, code: 'no_grant' });
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'is known on a resumed session of %s, which nobody else can begin',
    async (maxVersion) => {
      const [one, thief] = [await agent(), await agent()];
      const tls = await shown(one);
      const { session, status } = await overSession(one.token, { ...tls, maxVersion });
      expect(status).toContain('http/1.1 200');
      // Without the key: a session can be resumed by who has its secrets only, and they never left the client.
      const resumed = await overSession(one.token, { session, maxVersion });
      expect(resumed.isReused).toBe(true);
      expect(resumed.status).toContain('http/1.1 200');
      const without = await overSession(thief.token, { maxVersion });
      const again = await overSession(one.token, { session: without.session, maxVersion });
      expect(again.isReused).toBe(true);
      expect(again.status).toContain('grant_key_required');
    },
  );

  it('is known after the certificate of the gateway was renewed', async () => {
    const authority = await createCertificateAuthority('renewed');
    const pair = await authority.issueServer(['localhost', '127.0.0.1']);
    const before = await readFile(gateway.certificateFile, 'utf8');
    const keyFile = join(gateway.directory, 'tls.key');
    const keyBefore = await readFile(keyFile, 'utf8');
    const one = await agent();
    const tls = await shown(one);
    await writeFile(gateway.certificateFile, pair.certificate);
    await writeFile(keyFile, pair.key);
    await eventually(async () =>
      expect(
        await call(pods, { token: one.token, tls: { ...tls, ca: authority.certificate } }),
      ).toMatchObject({ status: 200 }),
    );
    await writeFile(gateway.certificateFile, before);
    await writeFile(keyFile, keyBefore);
    await eventually(async () =>
      expect(await call(pods, { token: one.token, tls })).toMatchObject({ status: 200 }),
    );
  });
});

/** One call on a TLS connection that may be resumed from a session; gives the session that can be resumed next. */
function overSession(token: string, tls: ConnectionOptions) {
  return new Promise<{ status: string; isReused: boolean; session: Buffer }>((resolve, reject) => {
    const { host, port, certificateAuthority: ca } = gateway.raw;
    const socket = connect({ host, port, ca, servername: 'localhost', ...tls });
    let session: Buffer = Buffer.alloc(0);
    socket.on('session', (ticket: Buffer) => (session = ticket));
    socket.on('error', reject);
    socket.write(
      `GET ${pods} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`,
    );
    socket.once('data', (bytes: Buffer) => {
      const isReused = socket.isSessionReused();
      if (session.length === 0) session = socket.getSession() ?? session;
      socket.destroy();
      resolve({ status: bytes.toString('latin1').toLowerCase(), isReused, session });
    });
  });
}

describe('who asks for a certificate', () => {
  interface Asked {
    readonly how: string;
    readonly more: Call;
    readonly refused: { readonly status: number; readonly code: string };
  }
  const unreadable = { status: 422, code: 'csr_invalid' };
  const otherPem = '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----';
  it.each<Asked>([
    {
      how: 'without a token',
      more: { token: '' },
      refused: { status: 401, code: 'token_missing' },
    },
    { how: 'with rubbish', more: { body: 'rubbish' }, refused: unreadable },
    { how: 'with nothing', more: { body: '' }, refused: unreadable },
    { how: 'with a certificate', more: { body: otherPem }, refused: unreadable },
    {
      how: 'with too much',
      more: { body: 'x'.repeat(8_193) },
      refused: { status: 413, code: 'body_too_large' },
    },
    {
      how: 'by GET',
      more: { method: 'GET', body: '' },
      refused: { status: 405, code: 'method_not_supported' },
    },
  ])('$how gets none', async ({ more, refused }) => {
    expect(await ask(await agent(), more)).toMatchObject(refused);
  });

  it('as a stranger gets none', async () => {
    const token = gateway.issuer.token({ sub: 'stranger' });
    const refused = { status: 403, code: 'no_grant' };
    expect(await ask(await agent(), { token })).toMatchObject(refused);
  });

  it('gets none for a grant that is bound to no key, or does not exist', async () => {
    const one = await agent();
    const { grantId } = await gateway.grant({ subject: one.subject });
    for (const id of [grantId, '018f0000-0000-4000-8000-000000000000']) {
      expect(await ask({ ...one, grantId: id })).toMatchObject({ status: 403, code: 'no_grant' });
    }
  });

  it('gets none by a request that somebody else has signed', async () => {
    const one = await agent();
    const der = Buffer.from(one.own.request.replace(/-----[^-]+-----|\s/g, ''), 'base64');
    // The last byte of the signature.
    der[der.length - 1] = (der.at(-1) ?? 0) ^ 1;
    const body = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
    expect(await ask(one, { body })).toMatchObject({ status: 422, code: 'csr_invalid' });
  });

  it('gets none for a key of another kind', async () => {
    const one = await agent(await agentKey(RSA));
    expect(await ask(one)).toMatchObject({ status: 422, code: 'csr_invalid' });
  });

  it('gets ten a minute', async () => {
    const one = await agent();
    const statuses = [];
    for (let index = 0; index < 12; index += 1) statuses.push((await ask(one)).status);
    expect(statuses.slice(0, 10)).toStrictEqual(Array.from({ length: 10 }, () => 201));
    expect(statuses.slice(10)).toStrictEqual([429, 429]);
  });

  it.each(['/grants/', '/grants/x/certificate', '/grants/%2e%2e/certificate', '/grants/a/b/c'])(
    'finds nothing at %s',
    async (path) => {
      const { token } = await agent();
      expect(await call(path, { token, method: 'POST' })).toMatchObject({
        status: 404,
        code: 'path_unknown',
      });
    },
  );

  it('reaches the cluster under the host name of a connection, where the path is the cluster’s', async () => {
    const one = await agent();
    expect(await ask(one, { host: 'prod.corp.test' })).toMatchObject({
      code: 'grant_key_required',
    });
    expect(await ask(one, { host: 'nobody.corp.test' })).toMatchObject({ status: 421 });
  });

  it('leaves no token, key or certificate in the log', () => {
    const log = gateway.log.join('\n');
    expect(log).toContain('client certificate issued');
    expect(log).not.toMatch(/BEGIN|eyJ/);
  });
});
