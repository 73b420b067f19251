import { writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { connect, type IncomingHttpHeaders } from 'node:http2';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '@drawbridge/testing';
import { startGateway, statusOf, type Gateway } from '../gateway-under-test.js';
import { startRecordingUpstream, type RecordingUpstream } from '../recording-upstream.js';

let upstream: RecordingUpstream;
let gateway: Gateway;
const credential = 'type: bearerToken\nfile: cluster.token';
const connectionsWith = (hosts: string[]) => {
  const { address: server, certificateAuthority } = upstream;
  const at = { server, certificateAuthority, credential };
  return [
    { ...at, name: 'prod', hosts },
    { ...at, name: 'staging', hosts: ['staging.gateway.test'] },
  ];
};

beforeAll(async () => {
  upstream = await startRecordingUpstream();
  gateway = await startGateway({ connections: connectionsWith(['prod.gateway.test']) });
  await writeFile(join(gateway.directory, 'cluster.token'), 'token');
  await gateway.grant({ connection: 'prod' });
  await eventually(async () => {
    expect((await gateway.call('/connections/prod/api/v1/pods')).status).toBe(200);
  });
});

afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const at = (host: string, path = '/api/v1/namespaces/default/pods', options = {}) =>
  gateway.call(path, { headers: { host }, ...options });

describe('a connection with a host name', () => {
  it.each(['prod.gateway.test', 'prod.gateway.test:8443', 'PROD.Gateway.Test'])(
    'is reached at %s, without a prefix',
    async (host) => {
      expect((await at(host)).status).toBe(200);
      expect(upstream.received.at(-1)?.url).toBe('/api/v1/namespaces/default/pods');
    },
  );

  it('is reached over HTTP/2, by the authority', async () => {
    const session = connect(gateway.address, { ca: gateway.raw.certificateAuthority });
    const authorization = `Bearer ${gateway.issuer.token()}`;
    const get = async (authority: string) => {
      const stream = session.request({
        ':authority': authority,
        ':path': '/api/v1/namespaces/default/pods',
        authorization,
      });
      const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders];
      stream.resume();
      return headers[':status'];
    };
    expect([await get('prod.gateway.test'), await get('evil.test')]).toStrictEqual([200, 421]);
    session.close();
  });

  it('is still reached by path at the gateway’s own name', async () => {
    expect((await gateway.call('/connections/prod/api/v1/pods')).status).toBe(200);
  });

  it('is recorded under its name', async () => {
    const records = await gateway.records();
    expect(records.every(({ connection }) => connection === 'prod')).toBe(true);
  });
});

describe('a hostile agent', () => {
  it.each([
    ['a name that is nobody’s', 'evil.test', 'host_unknown'],
    ['a name with a dot behind', 'prod.gateway.test.', 'host_unknown'],
    ['a part of a name', 'gateway.test', 'host_unknown'],
    ['two names', 'prod.gateway.test, staging.gateway.test', 'host_unknown'],
    ['a user in the name', 'x@prod.gateway.test', 'host_unknown'],
    ['the name of a connection that it has no grant for', 'staging.gateway.test', 'no_grant'],
  ])('gets nowhere with %s', async (_name, host, cause) => {
    expect(statusOf(await at(host)).cause).toBe(cause);
  });

  it('does not leave its host name by a path', async () => {
    const before = upstream.received.length;
    const answer = await at('staging.gateway.test', '/connections/prod/api/v1/pods');
    expect(answer.status).toBe(403);
    expect(answer.body).toMatch(/no_grant|path_not_allowed/);
    expect(upstream.received).toHaveLength(before);
  });
});

/** Whatever differs between two calls by itself. */
const comparable = ({ status, headers, body }: Awaited<ReturnType<typeof at>>) => {
  const { date, 'audit-id': commandId, ...rest } = headers;
  expect(date).toBeDefined();
  return { status, headers: rest, body: body.replaceAll(String(commandId), 'id') };
};

describe('whoever has no valid token', () => {
  const websocket = {
    connection: 'upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };

  it.each([
    { what: 'no token', cause: 'token_missing' },
    { what: 'a made-up one', cause: 'token_malformed', token: 'x.y.z' },
    { what: 'a path of nothing', cause: 'token_missing', path: '/' },
    { what: 'the path of a connection', cause: 'token_missing', path: '/connections/prod/api' },
    { what: 'a path of nobody', cause: 'malformed_kube_path', path: '/api/v1/pods/a%2fb' },
    { what: 'a token in the query', cause: 'token_in_query', path: '/api?access_token=x' },
    { what: 'a body', cause: 'token_missing', method: 'POST', body: '{}' },
    { what: 'an upgrade', cause: 'token_missing', headers: websocket },
  ])('gets the same answer everywhere: $what', async (asked) => {
    const { cause, path = '/api/v1/pods', token = '', headers = {}, method = 'GET' } = asked;
    const options = { token, method, ...(asked.body !== undefined && { body: asked.body }) };
    const ask = (host: string) => gateway.call(path, { ...options, headers: { host, ...headers } });
    const existing = await ask('staging.gateway.test');
    // Discovery is refused in plain words.
    expect(existing.body).toContain(cause);
    expect(comparable(await ask('nobodys.gateway.test'))).toStrictEqual(comparable(existing));
  });

  it('gets the same answer over HTTP/2', async () => {
    const session = connect(gateway.address, { ca: gateway.raw.certificateAuthority });
    const ask = async (authority: string) => {
      const stream = session.request({ ':authority': authority, ':path': '/api/v1/pods' });
      const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders];
      const { date, 'audit-id': commandId, ...rest } = headers;
      const body = (await stream.setEncoding('utf8').toArray()).join('');
      return { rest, body: body.replaceAll(String(commandId), String(date === undefined)) };
    };
    const existing = await ask('staging.gateway.test');
    expect(existing.rest[':status']).toBe(401);
    expect(await ask('nobodys.gateway.test')).toStrictEqual(existing);
    session.close();
  });
});

describe('a changed configuration', () => {
  it('that takes the gateway’s own name is refused as a whole', async () => {
    await gateway.writeConnections(
      connectionsWith(['other.gateway.test', 'localhost.localdomain']),
    );
    await eventually(async () => expect((await at('other.gateway.test')).status).toBe(200));
    expect(statusOf(await at('prod.gateway.test')).cause).toBe('host_unknown');
    await gateway.writeConnections(connectionsWith(['third.gateway.test', '127.0.0.1']));
    await eventually(() => {
      expect(gateway.log.join('')).toContain('configuration not usable');
    });
    expect((await at('other.gateway.test')).status).toBe(200);
    expect(statusOf(await at('third.gateway.test')).cause).toBe('host_unknown');
  });
});
