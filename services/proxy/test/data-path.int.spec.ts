import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '@drawbridge/testing';
import { everything, startGateway, statusOf, type Gateway } from './gateway-under-test.js';
import { startRecordingUpstream, type RecordingUpstream } from './recording-upstream.js';
import { TestIssuer } from './test-issuer.js';

const CANARY = 'canary-cluster-credential-8f2a61';
const pods = '/connections/prod/api/v1/namespaces/payments/pods';
let upstream: RecordingUpstream;
let gateway: Gateway;

beforeAll(async () => {
  upstream = await startRecordingUpstream();
  const { address: server, certificateAuthority } = upstream;
  const credential = 'type: bearerToken\nfile: cluster.token';
  gateway = await startGateway({
    connections: ['prod', 'staging'].map((name) => ({
      name,
      server,
      certificateAuthority,
      credential,
      // What the cluster is asked is counted here.
      recording: '{ before: false }',
    })),
    variables: { AGENT_BURST: '5000', AGENT_CALLS_PER_SECOND: '5000' },
  });
  await writeFile(join(gateway.directory, 'cluster.token'), `${CANARY}\n`);
  await gateway.grant();
  await eventually(async () => expect((await gateway.call(pods)).status).toBe(200));
});

afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

beforeEach(() => {
  upstream.received.length = 0;
  upstream.answer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"kind":"PodList","items":[]}\n');
  });
});

describe('an allowed call', () => {
  it('reaches the cluster with the credential of the gateway and with headers of ours only', async () => {
    const answer = await gateway.call(`${pods}/web-0/?pretty`, {
      headers: {
        accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
        'accept-encoding': 'br, gzip',
        'user-agent': 'kubectl/v1.33',
        'kubectl-session': 'abc',
        'x-forwarded-for': '10.0.0.1',
        'x-remote-user': 'system:admin',
        'x-http-method-override': 'DELETE',
        'audit-id': 'chosen-by-client',
        cookie: 'a=b',
        te: 'trailers',
        connection: 'close, authorization, audit-id',
      },
    });
    expect(answer).toMatchObject({ status: 200, complete: true });
    const [received] = upstream.received;
    expect(received).toMatchObject({
      method: 'GET',
      url: '/api/v1/namespaces/payments/pods/web-0?pretty=',
    });
    expect(received?.headers).toStrictEqual({
      host: new URL(upstream.address).host,
      accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
      // What is masked has to be read.
      'accept-encoding': 'identity',
      'user-agent': 'kubectl/v1.33',
      authorization: `Bearer ${CANARY}`,
      'audit-id': answer.headers['audit-id'],
    });
  });

  it('streams a body up with its length and type', async () => {
    const body = JSON.stringify({ spec: 'x'.repeat(200_000) });
    const headers = { 'content-type': 'application/merge-patch+json' };
    await gateway.call(`${pods}/web-0?fieldManager=kubectl`, { method: 'PATCH', headers, body });
    const [received] = upstream.received;
    expect(received?.body).toBe(body);
    expect(received?.headers).toMatchObject({ 'content-length': String(body.length), ...headers });
  });

  it.each(['POST', 'PUT', 'DELETE'])('passes %s with and without a body', async (method) => {
    const target = method === 'POST' ? pods : `${pods}/web-0`;
    await gateway.call(target, { method });
    // Node's client does not frame the body of a DELETE by itself.
    await gateway.call(target, { method, body: '{"a":1}', headers: { 'content-length': '7' } });
    await gateway.call(target, {
      method,
      body: '{"a":1}',
      headers: { 'transfer-encoding': 'chunked' },
    });
    expect(upstream.received.map((received) => [received.method, received.body])).toStrictEqual([
      [method, ''],
      [method, '{"a":1}'],
      [method, '{"a":1}'],
    ]);
  });

  it('passes HEAD and 304, which have no body', async () => {
    upstream.answer((request, response) => {
      response.writeHead(request.method === 'HEAD' ? 200 : 304, { etag: '"x"' });
      response.end();
    });
    expect(await gateway.call('/connections/prod/openapi/v3', { method: 'HEAD' })).toMatchObject({
      status: 200,
      body: '',
    });
    const headers = { 'if-none-match': '"x"' };
    expect(await gateway.call('/connections/prod/openapi/v3', { headers })).toMatchObject({
      status: 304,
      headers: { etag: '"x"' },
    });
    expect(upstream.received.at(-1)?.headers).toMatchObject(headers);
  });

  it('waits for 100 Continue only as long as it takes to allow it', async () => {
    const answer = await gateway.call(pods, {
      method: 'POST',
      headers: { expect: '100-continue' },
      body: '{}',
    });
    expect(answer.status).toBe(200);
    expect(upstream.received.map(({ body, headers }) => [body, headers.expect])).toStrictEqual([
      ['{}', undefined],
    ]);
  });

  it('passes a refusal of the cluster on as it is', async () => {
    upstream.answer((_request, response) => {
      response.writeHead(409, { 'content-type': 'application/json', 'retry-after': '1' });
      response.end('{"kind":"Status","code":409}');
    });
    expect(await gateway.call(pods, { method: 'POST', body: '{}' })).toMatchObject({
      status: 409,
      body: '{"kind":"Status","code":409}',
      headers: { 'retry-after': '1' },
    });
  });

  it('passes no cookie, challenge or hop-by-hop header of the cluster on', async () => {
    upstream.answer((_request, response) => {
      response.writeHead(200, {
        'content-type': 'application/json',
        'set-cookie': ['a=b'],
        'www-authenticate': 'Basic',
        location: 'https://evil.test/',
        'x-powered-by': 'x',
        'audit-id': 'other',
        warning: '299 - "deprecated"',
      });
      response.end('{}');
    });
    const { headers } = await gateway.call(pods);
    const names = Object.keys(headers).toSorted();
    expect(names).toStrictEqual(
      ['audit-id', 'connection', 'content-length', 'content-type', 'date', 'warning'].concat(
        'x-content-type-options',
      ),
    );
    expect(headers['audit-id']).not.toBe('other');
  });

  it('is on the record from start to end, under the id that cluster and client see', async () => {
    const answer = await gateway.call(`${pods}?limit=5`, { headers: { 'user-agent': 'probe' } });
    const commandId = answer.headers['audit-id'];
    const records = await eventually(async () => {
      const found = (await gateway.records()).filter((record) => record.commandId === commandId);
      expect(found).toHaveLength(2);
      return found;
    });
    expect(records).toMatchObject([
      {
        type: 'CommandStarted',
        connection: 'prod',
        method: 'GET',
        path: '/api/v1/namespaces/payments/pods',
        query: 'limit=5',
        verb: 'list',
        resource: 'pods',
        namespace: 'payments',
        userAgent: 'probe',
        clientAddress: '127.0.0.1',
        agent: { subject: 'agent-oncall' },
        decision: { effect: 'allow', reason: 'in_scope' },
      },
      { type: 'CommandEnded', outcome: 'completed', statusCode: 200, responseBytes: 30 },
    ]);
  });
});

describe('a failing cluster', () => {
  const refusal = async (path = pods, options = {}) => {
    const answer = await gateway.call(path, options);
    return { ...statusOf(answer), body: answer.body, headers: answer.headers };
  };

  it('T8 that redirects is never followed, and the redirect never passed on', async () => {
    upstream.answer((_request, response) => {
      response.writeHead(307, { location: `${upstream.address}/api/v1/secrets` });
      response.end();
    });
    const { code, cause, headers } = await refusal();
    expect({ code, cause }).toStrictEqual({ code: 502, cause: 'upstream_redirect' });
    expect(headers['location']).toBeUndefined();
    expect(upstream.received).toHaveLength(1);
  });

  it('that refuses our credential does not make the client doubt its own', async () => {
    upstream.answer((_request, response) => {
      response.writeHead(401, { 'www-authenticate': 'Bearer' });
      response.end('{"message":"Unauthorized"}');
    });
    const { code, cause, headers } = await refusal();
    expect({ code, cause }).toStrictEqual({ code: 502, cause: 'upstream_credential_refused' });
    expect(headers['www-authenticate']).toBeUndefined();
  });

  it('T7 that switches protocols unasked ends the call and its connection', async () => {
    upstream.answer((request) => {
      request.socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n',
      );
    });
    expect(await refusal()).toMatchObject({ code: 502, cause: 'upstream_failed' });
  });

  it('that breaks off before it answers was asked once for a change, whatever the method', async () => {
    upstream.answer((request) => request.socket.destroy());
    for (const method of ['PUT', 'POST', 'DELETE']) {
      expect(await refusal(pods, { method })).toMatchObject({
        code: 502,
        cause: 'upstream_failed',
      });
    }
    expect(upstream.received.map(({ method }) => method)).toStrictEqual(['PUT', 'POST', 'DELETE']);
  });

  it('T28 that breaks off in the middle never looks complete', async () => {
    upstream.answer((request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 });
      response.write('{"kind":');
      setTimeout(() => request.socket.destroy(), 20);
    });
    const answer = await gateway.call(pods);
    expect(answer).toMatchObject({ status: 200, complete: false });
    await eventually(async () => {
      const ended = (await gateway.records()).find(
        (record) =>
          record.type === 'CommandEnded' && record.commandId === answer.headers['audit-id'],
      );
      expect(ended).toMatchObject({ outcome: 'upstream_failed', reason: 'upstream_failed' });
    });
  });

  it.each([
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}'],
    [
      'length and chunks',
      'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{}',
    ],
    ['no HTTP', 'SSH-2.0-OpenSSH\r\n'],
    ['endless headers', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(70_000)}\r\n\r\n`],
  ])('T23 that answers with %s is not believed', async (_, bytes) => {
    upstream.answer((request) => {
      request.socket.write(bytes);
    });
    expect(await refusal()).toMatchObject({ code: 502, cause: 'upstream_failed' });
  });

  it('that cannot be reached is named by its connection only', async () => {
    const { certificateAuthority } = upstream;
    const prod = {
      name: 'prod',
      server: upstream.address,
      certificateAuthority,
      credential: 'type: bearerToken\nfile: cluster.token',
    };
    const dead = { ...prod, name: 'dead', server: 'https://127.0.0.1:1' };
    const stranger = {
      ...prod,
      name: 'stranger',
      certificateAuthority: gateway.raw.certificateAuthority,
    };
    const missing = { ...prod, name: 'missing', credential: 'type: bearerToken\nfile: none.token' };
    const staging = { ...prod, name: 'staging' };
    await gateway.writeConnections([prod, staging, dead, stranger, missing]);
    for (const connection of ['dead', 'stranger', 'missing']) await gateway.grant({ connection });
    const expected = {
      dead: { code: 502, cause: 'upstream_unreachable' },
      stranger: { code: 502, cause: 'upstream_unreachable' },
      missing: { code: 503, cause: 'credential_unavailable' },
    };
    for (const [name, status] of Object.entries(expected)) {
      await eventually(async () => {
        const got = await refusal(`/connections/${name}/api/v1/pods`);
        expect(got).toMatchObject(status);
        expect(got.body).toContain(name);
        expect(got.body).not.toMatch(/127\.0\.0\.1|ECONN|certificate|ENOENT|none\.token/);
      });
    }
    expect(upstream.received).toHaveLength(0);
  });
});

describe('a refused call', () => {
  const cause = async (path: string, options = {}) => {
    const answer = await gateway.call(path, options);
    return [answer.status, statusOf(answer).cause];
  };

  const badTokens = {
    'no token': [{ token: '' }, 401, 'token_missing'],
    'another scheme': [
      { token: '', headers: { authorization: 'Basic YTpi' } },
      401,
      'token_malformed',
    ],
    'an empty Bearer': [{ token: '', headers: { authorization: 'Bearer' } }, 401, 'token_missing'],
    'no JWT': [{ token: 'null' }, 401, 'token_malformed'],
    'a strange issuer': [
      { token: new TestIssuer('https://evil.test').token() },
      401,
      'token_issuer_unknown',
    ],
    'a forged signature': [{ token: new TestIssuer().token() }, 401, 'token_signature_invalid'],
    'a huge one': [{ token: 'a'.repeat(20_000) }, 401, 'token_too_large'],
  } as const;

  it.each(Object.entries(badTokens))('T5 with %s', async (_, [options, status, code]) => {
    const answer = await gateway.call(pods, options);
    expect([answer.status, statusOf(answer).cause]).toStrictEqual([status, code]);
    expect(answer.headers['www-authenticate']).toContain('Bearer');
    expect(upstream.received).toHaveLength(0);
  });

  it('T5 with a token of another audience, one that expired, or one in the query', async () => {
    const { issuer } = gateway;
    expect(await cause(pods, { token: issuer.token({ aud: 'other' }) })).toStrictEqual([
      401,
      'token_audience_wrong',
    ]);
    expect(await cause(pods, { token: issuer.token({ lifeSeconds: -1 }) })).toStrictEqual([
      401,
      'token_expired',
    ]);
    const inQuery = `${pods}?access_token=${issuer.token()}`;
    expect(await cause(inQuery, { token: '' })).toStrictEqual([401, 'token_in_query']);
    expect(await cause(inQuery)).toStrictEqual([401, 'token_in_query']);
    const records = JSON.stringify(await gateway.records());
    expect(records).toContain('token_in_query');
    expect(records).not.toContain('access_token');
  });

  it('T4 with the grant of another connection or of another agent', async () => {
    expect(await cause('/connections/staging/api/v1/pods')).toStrictEqual([403, 'no_grant']);
    const token = gateway.issuer.token({ sub: 'agent-reader' });
    expect(await cause(pods, { token })).toStrictEqual([403, 'no_grant']);
  });

  it('tells strangers nothing of connections, and agents that one does not exist', async () => {
    expect(await cause('/connections/none/api/v1/pods', { token: '' })).toStrictEqual([
      401,
      'token_missing',
    ]);
    expect(await cause('/connections/none/api/v1/pods')).toStrictEqual([404, 'connection_unknown']);
    expect(await cause('/api/v1/pods')).toStrictEqual([404, 'path_unknown']);
    expect(await cause('/connections/../api')).toStrictEqual([404, 'path_unknown']);
    expect(await cause('/connections/pro%64/api')).toStrictEqual([404, 'path_unknown']);
    // Names that a caller has invented become no subjects of ours.
    const connections = new Set((await gateway.records()).map(({ connection }) => connection));
    expect(connections).not.toContain('none');
  });

  it('carries a Status that kubectl prints and a code that programs read', async () => {
    const answer = await gateway.call(
      '/connections/prod/api/v1/namespaces/payments/serviceaccounts/db/token',
      { method: 'POST' },
    );
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'no-store',
    });
    expect(answer.headers['retry-after']).toBeUndefined();
    expect(JSON.parse(answer.body)).toStrictEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: expect.stringMatching(/^drawbridge token_request_refused: /) as string,
      reason: 'Forbidden',
      details: {
        uid: answer.headers['audit-id'],
        causes: [{ reason: 'token_request_refused', message: expect.any(String) as string }],
      },
      code: 403,
    });
    await eventually(async () => {
      const record = (await gateway.records()).find(
        ({ commandId }) => commandId === answer.headers['audit-id'],
      );
      expect(record).toMatchObject({
        type: 'CommandRefused',
        statusCode: 403,
        decision: { effect: 'deny', reason: 'token_request_refused' },
        resource: 'serviceaccounts',
        name: 'db',
      });
    });
  });

  it('outside the scope of an open grant is a part of its session', async () => {
    const subject = 'agent-narrow';
    const rules = [{ ...everything, verbs: ['get'], namespaces: ['payments'] }];
    const { grantId, requestId } = await gateway.grant({ subject, rules });
    const token = gateway.issuer.token({ sub: subject });
    await eventually(async () => {
      const answer = await gateway.call(`${pods}/web-0`, { method: 'DELETE', token });
      expect(statusOf(answer).cause).toBe('not_in_scope');
    });
    const records = await gateway.records();
    expect(records.at(-1)).toMatchObject({
      type: 'CommandRefused',
      decision: { reason: 'not_in_scope' },
      grantId,
      accessRequestId: requestId,
    });
  });

  it.each([
    ['a name', `${pods}/${"'".repeat(120_000)}`, 'malformed_kube_path'],
    ['a name selected', `${pods}?fieldSelector=metadata.name=${'a'.repeat(120_000)}`, 'no_grant'],
  ])('T24 stays short and is recorded, however long %s is', async (_, path, code) => {
    const token = gateway.issuer.token({ sub: 'agent-nobody' });
    const answer = await gateway.call(path, { token });
    expect(statusOf(answer).cause).toBe(code);
    expect(answer.body.length).toBeLessThan(2_000);
    const ids = (await gateway.records()).map(({ commandId }) => commandId);
    expect(ids).toContain(answer.headers['audit-id']);
  });

  it('of discovery is text, because kubectl reads that raw', async () => {
    const token = gateway.issuer.token({ sub: 'agent-nobody' });
    const answer = await gateway.call('/connections/prod/api', { token });
    expect(answer).toMatchObject({
      status: 403,
      headers: {
        'content-type': 'text/plain; charset=utf-8',
        'drawbridge-refusal': 'no_grant',
      },
    });
    expect(answer.body).toMatch(/^drawbridge no_grant: you have no open grant/);
  });

  it('T24 with a body that is too large, announced or not', async () => {
    const body = Buffer.alloc(3 * 1024 * 1024 + 1, 'a');
    expect(await cause(pods, { method: 'POST', body })).toStrictEqual([413, 'body_too_large']);
    expect(upstream.received).toHaveLength(0);
    const chunked = { method: 'POST', body, headers: { 'transfer-encoding': 'chunked' } };
    expect(await cause(pods, chunked)).toStrictEqual([413, 'body_too_large']);
    expect(upstream.received).toHaveLength(0);
  });

  it('T20 never shows a credential in answers, logs or records', async () => {
    const records = JSON.stringify(await gateway.records());
    for (const text of [gateway.log.join(''), records]) {
      expect(text).not.toContain(CANARY);
      expect(text).not.toMatch(/eyJ[\w-]+\.[\w-]+\.[\w-]+/);
      expect(text).not.toContain('PRIVATE KEY');
    }
  });
});
