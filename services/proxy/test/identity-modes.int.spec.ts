import { writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Rule } from '@drawbridge/contracts';
import { eventually } from '@drawbridge/testing';
import { startClusterUnderTest, type ClusterUnderTest } from './cluster-under-test.js';
import { startGateway, statusOf, type Gateway } from './gateway-under-test.js';
import { http2Call, http2Session } from './http2-client.js';
import { httpsCall } from './https-upstream.js';
import { startLink, type LinkUnderTest } from './link-under-test.js';
import { startRecordingUpstream, type RecordingUpstream } from './recording-upstream.js';
import { buildProxy, startBuiltProxy } from './workers/built-proxy.js';

const token = 'type: bearerToken\nfile: cluster.token';
const everywhere: Rule = {
  verbs: ['*'],
  apiGroups: ['*'],
  resources: ['*'],
  namespaces: ['*'],
};

describe('a call upstream', () => {
  let upstream: RecordingUpstream;
  let gateway: Gateway;
  const path = (connection: string) => `/connections/${connection}/api/v1/namespaces/payments/pods`;
  const identities = {
    gateway: '{ mode: gateway }',
    agents: '{ mode: impersonate }',
    narrow: `{ mode: impersonate, userPrefix: 'corp:', groupPrefix: '', groups: [readers] }`,
    bare: `{ mode: impersonate, groupPrefix: '' }`,
  };

  beforeAll(async () => {
    upstream = await startRecordingUpstream();
    const { address: server, certificateAuthority } = upstream;
    gateway = await startGateway({
      connections: Object.entries(identities).map(([name, identity]) => ({
        ...{ name, server, certificateAuthority, credential: token, identity },
      })),
    });
    await writeFile(join(gateway.directory, 'cluster.token'), 'canary-cluster-token');
    for (const connection of Object.keys(identities)) await gateway.grant({ connection });
    await eventually(async () => {
      for (const connection of Object.keys(identities)) {
        expect((await gateway.call(path(connection))).status).toBe(200);
      }
    });
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });
  beforeEach(() => {
    upstream.received.length = 0;
  });

  /** The impersonation headers of the last request, as pairs in the order in which they came. */
  function impersonated(): string[][] {
    const { rawHeaders = [] } = upstream.received.at(-1) ?? {};
    const pairs = rawHeaders.flatMap((name, index) =>
      index % 2 === 0 ? [[name.toLowerCase(), rawHeaders[index + 1] ?? '']] : [],
    );
    return pairs.filter(([name = '']) => name.startsWith('impersonate'));
  }

  const calls = {
    'a get': { target: '/web-0' },
    'a list': { target: '' },
    'a watch': { target: '?watch=true' },
    'a create': { target: '', method: 'POST', body: '{}' },
    'a log': { target: '/web-0/log?follow=true' },
    'an exec': {
      target: '/web-0/exec?command=sh',
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        'sec-websocket-version': '13',
        'sec-websocket-protocol': 'v5.channel.k8s.io',
      },
    },
  };

  it.each(Object.entries(calls))(
    'T2 by %s names agent, groups, grant and command',
    async (_, call) => {
      const { target, ...options } = call;
      const as = gateway.issuer.token({ groups: ['oncall-agents', 'SRE on call'] });
      const answer = await gateway.call(`${path('agents')}${target}`, { ...options, token: as });
      expect(impersonated()).toStrictEqual([
        ['impersonate-user', `drawbridge:${gateway.issuer.issuer}#agent-oncall`],
        ['impersonate-uid', expect.stringMatching(/^[0-9a-f]{32}$/) as string],
        ['impersonate-group', 'drawbridge:oncall-agents'],
        ['impersonate-group', 'drawbridge:SRE%20on%20call'],
        ['impersonate-extra-drawbridge.dev%2fgrant', expect.any(String) as string],
        ['impersonate-extra-drawbridge.dev%2faccess-request', expect.any(String) as string],
        ['impersonate-extra-drawbridge.dev%2fcommand', answer.headers['audit-id']],
      ]);
      expect(upstream.received.at(-1)?.headers.authorization).toBe('Bearer canary-cluster-token');
    },
  );

  it('in mode gateway is the gateway’s', async () => {
    const as = gateway.issuer.token({ groups: ['oncall-agents'] });
    expect((await gateway.call(path('gateway'), { token: as })).status).toBe(200);
    expect(impersonated()).toStrictEqual([]);
  });

  it('passes on the groups that the connection names, with its prefixes', async () => {
    const as = gateway.issuer.token({ groups: ['system:masters', 'readers'] });
    await gateway.call(path('narrow'), { token: as });
    expect(impersonated().slice(0, 3)).toStrictEqual([
      ['impersonate-user', `corp:${gateway.issuer.issuer}#agent-oncall`],
      ['impersonate-uid', expect.any(String) as string],
      ['impersonate-group', 'readers'],
    ]);
  });

  it('T1 keeps our headers, whatever the client lists in Connection', async () => {
    const listed = 'close, impersonate-user, impersonate-group, impersonate-uid, authorization';
    const as = gateway.issuer.token({ groups: ['readers'] });
    await gateway.call(path('agents'), { token: as, headers: { connection: listed } });
    expect(impersonated()).toHaveLength(6);
    expect(upstream.received.at(-1)?.headers.authorization).toBe('Bearer canary-cluster-token');
  });

  const spellings = ['Impersonate-User', 'IMPERSONATE-GROUP', 'impersonate_uid'].concat([
    'impersonate-extra-drawbridge.dev%2fgrant',
    'Impersonate-Extra-Drawbridge.Dev%2FGrant',
    'x-impersonate-group',
    'impersonate%2Duser',
    'impersonate.user',
  ]);

  it.each(spellings)('T2 takes no %s of a client, over HTTP/1.1 and HTTP/2', async (name) => {
    const as = gateway.issuer.token({ groups: ['readers'] });
    const plain = await gateway.call(path('agents'), { token: as, headers: { [name]: 'x' } });
    expect([plain.status, statusOf(plain).cause]).toStrictEqual([403, 'impersonation_refused']);
    const answer = await overHttp2(as, { [name.toLowerCase()]: 'x' });
    expect([answer.status, answer.body]).toStrictEqual([
      403,
      expect.stringContaining('impersonation_refused'),
    ]);
    expect(upstream.received).toHaveLength(0);
  });

  it('T2 over HTTP/2 is the agent’s too', async () => {
    const as = gateway.issuer.token({ groups: ['readers'] });
    expect((await overHttp2(as)).status).toBe(200);
    expect(impersonated().map(([name]) => name)).toStrictEqual([
      ...['impersonate-user', 'impersonate-uid', 'impersonate-group'],
      'impersonate-extra-drawbridge.dev%2fgrant',
      'impersonate-extra-drawbridge.dev%2faccess-request',
      'impersonate-extra-drawbridge.dev%2fcommand',
    ]);
  });

  async function overHttp2(as: string, headers = {}) {
    const session = http2Session(gateway);
    try {
      const authorization = `Bearer ${as}`;
      return await http2Call(session, { ':path': path('agents'), authorization, ...headers });
    } finally {
      session.destroy();
    }
  }

  it.each([
    ['bare', ['system:masters']],
    ['bare', ['System:Masters']],
    ['agents', ['grant:0a0a0a0a-0000-4000-8000-000000000009']],
  ])('T3 is refused before anything is sent on %s for groups %j', async (connection, groups) => {
    const as = gateway.issuer.token({ groups });
    const before = upstream.connections();
    const answer = await gateway.call(path(connection), { token: as });
    expect([answer.status, statusOf(answer).cause]).toStrictEqual([403, 'identity_refused']);
    expect([upstream.received.length, upstream.connections()]).toStrictEqual([0, before]);
    const id = answer.headers['audit-id'];
    await eventually(async () => {
      const record = (await gateway.records()).find(({ commandId }) => commandId === id);
      expect(record).toMatchObject({ type: 'CommandRefused', statusCode: 403 });
    });
  });

  it.each([[['']], [[' ']], [[['system:masters']]], [[7]]])(
    'T3 is refused for a token with groups %j',
    async (groups) => {
      const as = gateway.issuer.token({ groups: groups as string[] });
      const answer = await gateway.call(path('agents'), { token: as });
      expect([answer.status, statusOf(answer).cause]).toStrictEqual([403, 'token_claims_invalid']);
      expect(upstream.received).toHaveLength(0);
    },
  );
});

const csr = `-----BEGIN CERTIFICATE REQUEST-----
MIHJMHECAQAwDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABLx08ak1H0P1/a3v7sY2kyG9+Hs2NspSV9lXlOtJpXk6PayGBc/3/eHjCP7f
8ARHegdgyT+zU2nUydM8vyqxgsSgADAKBggqhkjOPQQDAgNIADBFAiBR8BUMPneq
oql3V6botgedQ9JAqYwccV8yxcms9YM8JAIhAPB0ZJofOHTbSuGZqkkZmYnLBl4p
aEi0YC7aCBqV/lOj
-----END CERTIFICATE REQUEST-----
`;

describe('a real cluster', () => {
  let cluster: ClusterUnderTest;
  let gateway: Gateway;
  let link: LinkUnderTest;
  const csrs: Rule = {
    verbs: ['create'],
    apiGroups: ['certificates.k8s.io'],
    resources: ['certificatesigningrequests'],
    namespaces: ['*'],
  };
  const pods: Rule = {
    verbs: ['get', 'list'],
    apiGroups: [''],
    resources: ['pods'],
    namespaces: ['payments'],
  };
  const podsOf = (connection: string, namespace = 'payments') =>
    `/connections/${connection}/api/v1/namespaces/${namespace}/pods`;

  beforeAll(async () => {
    cluster = await startClusterUnderTest();
    await cluster.applyShipped('gateway-account.yaml', 'impersonation.yaml', 'ephemeral-rbac.yaml');
    await cluster.create(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'payments' } },
      ...csrRights(),
    );
    const { server, certificateAuthority } = cluster.controlPlane;
    link = await startLink(Number(new URL(server).port));
    const shared = { server, certificateAuthority, credential: token };
    const identity = '{ mode: impersonate, ephemeralRbac: true }';
    gateway = await startGateway({
      connections: [
        { ...shared, name: 'gateway' },
        { ...shared, name: 'agents', identity: '{ mode: impersonate }' },
        { ...shared, name: 'bound', identity },
        { ...shared, name: 'linked', identity, server: `https://127.0.0.1:${link.port}` },
      ],
      variables: { AGENT_CALLS_PER_SECOND: '1000', AGENT_BURST: '1000' },
    });
    await writeFile(join(gateway.directory, 'cluster.token'), await cluster.gatewayToken());
  });
  afterAll(async () => {
    await gateway.close();
    await link.close();
    await cluster.stop();
  });

  /** Rights on certificate signing requests: in them the API server writes down who made them. */
  function csrRights() {
    const name = 'test-csr';
    const apiVersion = 'rbac.authorization.k8s.io/v1';
    const rules = [
      {
        apiGroups: ['certificates.k8s.io'],
        resources: ['certificatesigningrequests'],
        verbs: ['create', 'get'],
      },
    ];
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name };
    const subjects = [
      { kind: 'ServiceAccount', name: 'gateway', namespace: 'drawbridge' },
      { kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'drawbridge:oncall-agents' },
    ];
    return [
      { apiVersion, kind: 'ClusterRole', metadata: { name }, rules },
      { apiVersion, kind: 'ClusterRoleBinding', metadata: { name }, roleRef, subjects },
    ];
  }

  /** Waits for the grant to be known, and gives its agent a token. */
  async function agentOf(options: Parameters<Gateway['grant']>[0] & { connection: string }) {
    const subject = `agent-${Math.random().toString(36).slice(2)}`;
    const issued = await gateway.grant({ ...options, subject });
    return {
      ...issued,
      subject,
      token: gateway.issuer.token({ sub: subject, groups: ['oncall-agents'] }),
    };
  }

  const revoke = ({ grantId, requestId }: { grantId: string; requestId: string }) =>
    gateway.append(requestId, { type: 'GrantRevoked', data: { grantId, reason: 'test' } });

  const isMade = (grantId: string, expected: boolean) =>
    eventually(
      async () => {
        const made = (await cluster.made()).filter((name) => name.includes(grantId));
        expect(made.length > 0).toBe(expected);
      },
      { timeoutMs: 60_000 },
    );
  const succeeds = (as: { token: string }, path: string) =>
    eventually(async () => {
      const answer = await gateway.call(path, { token: as.token });
      expect([answer.status, answer.body.slice(0, 300)]).toStrictEqual([200, expect.anything()]);
    });

  it.each(['gateway', 'agents', 'bound'])('sees who calls, in mode %s', async (connection) => {
    const agent = await agentOf({ connection, rules: [csrs] });
    const spec = {
      request: Buffer.from(csr).toString('base64'),
      signerName: 'example.com/test',
      usages: ['client auth'],
    };
    const metadata = { name: `by-${connection}` };
    const kind = 'CertificateSigningRequest';
    const body = JSON.stringify({ apiVersion: 'certificates.k8s.io/v1', kind, metadata, spec });
    const path = `/connections/${connection}/apis/certificates.k8s.io/v1/certificatesigningrequests`;
    const answer = await eventually(async () => {
      const headers = { 'content-type': 'application/json' };
      const made = await gateway.call(path, { method: 'POST', body, headers, token: agent.token });
      expect([made.status, made.body.slice(0, 500)]).toStrictEqual([201, expect.anything()]);
      return made;
    });
    const seen = (JSON.parse(answer.body) as { spec: object }).spec;
    if (connection === 'gateway') {
      expect(seen).toMatchObject({ username: 'system:serviceaccount:drawbridge:gateway' });
      return;
    }
    const own = connection === 'bound' ? [`drawbridge:grant:${agent.grantId}`] : [];
    expect(seen).toMatchObject({
      username: `drawbridge:${gateway.issuer.issuer}#${agent.subject}`,
      uid: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      groups: ['drawbridge:oncall-agents', ...own, 'system:authenticated'],
      extra: {
        'drawbridge.dev/grant': [agent.grantId],
        'drawbridge.dev/access-request': [agent.requestId],
        'drawbridge.dev/command': [answer.headers['audit-id']],
      },
    });
  });

  it('refuses in mode impersonate what the agent may not do there, whatever the grant', async () => {
    const agent = await agentOf({ connection: 'agents', rules: [everywhere] });
    await eventually(async () => {
      const answer = await gateway.call(podsOf('agents'), { token: agent.token });
      expect(answer.status).toBe(403);
      expect(answer.body).toContain(`cannot list resource`);
      expect(answer.body).toContain(agent.subject);
    });
    expect((await gateway.call('/connections/agents/api', { token: agent.token })).status).toBe(
      200,
    );
  });

  /** An agent that has made a call under a grant that ends soon; with more time where that was over before. */
  async function usedInTime() {
    for (const seconds of [6, 12, 24, 48]) {
      const agent = await agentOf({ connection: 'bound', rules: [pods], seconds });
      const overAt = Date.now() + seconds * 1_000;
      let status = 0;
      while (status !== 200 && Date.now() < overAt) {
        ({ status } = await gateway.call(podsOf('bound'), { token: agent.token }));
      }
      if (status === 200) return agent;
    }
    throw new Error('no call passed in time');
  }

  it('holds a grant from its first call to its end, by revocation or by time', async () => {
    const revoked = await agentOf({ connection: 'bound', rules: [pods] });
    await isMade(revoked.grantId, false);
    await succeeds(revoked, podsOf('bound'));
    await isMade(revoked.grantId, true);
    const outside = await gateway.call(podsOf('bound', 'default'), { token: revoked.token });
    expect(statusOf(outside).cause).toBe('not_in_scope');
    await revoke(revoked);
    const expiring = await usedInTime();
    for (const { grantId } of [revoked, expiring]) await isMade(grantId, false);
    await eventually(async () => {
      const after = await gateway.call(podsOf('bound'), { token: expiring.token });
      expect(statusOf(after).cause).toBe('grant_expired');
    });
  });

  it('lets pass what RBAC cannot say: filtered lists and channels', async () => {
    for (const name of ['a', 'b', 'c']) {
      const metadata = { name, namespace: 'payments' };
      await cluster.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata });
    }
    const configMaps = { ...pods, verbs: ['get', 'list', 'watch'], resources: ['configmaps'] };
    const path = '/connections/bound/api/v1/namespaces/payments/configmaps';
    for (const resourceNames of [['a'], ['a', 'b']]) {
      const agent = await agentOf({
        connection: 'bound',
        rules: [{ ...configMaps, resourceNames }],
      });
      await succeeds(agent, path);
      const { body } = await gateway.call(path, { token: agent.token });
      const { items } = JSON.parse(body) as { items: { metadata: { name: string } }[] };
      expect(items.map(({ metadata }) => metadata.name)).toStrictEqual(resourceNames);
      const watch = await gateway.call(`${path}?watch=1&timeoutSeconds=1`, { token: agent.token });
      expect(watch.status).toBe(200);
      expect((await gateway.call(`${path}/a`, { token: agent.token })).status).toBe(200);
      await revoke(agent);
    }
    await cluster.create(pod);
    await eventually(async () => {
      const { status } = await cluster.core.readNamespacedPod({ ...pod.metadata });
      expect(status?.phase).toBe('Running');
    });
    const exec = { ...pods, verbs: ['create'], resources: ['pods/exec'], resourceNames: ['web-0'] };
    const agent = await agentOf({ connection: 'bound', rules: [exec] });
    await eventually(async () => {
      expect(await execStatus(gateway, `${podsOf('bound')}/web-0/exec`, agent.token)).toBe(101);
    });
    expect(await execStatus(gateway, `${podsOf('bound')}/web-1/exec`, agent.token)).toBe(403);
    await revoke(agent);
  });

  it('is not given what it refuses to give, and the call is told', async () => {
    const agent = await agentOf({ connection: 'bound', rules: [everywhere] });
    await eventually(async () => {
      const answer = await gateway.call(podsOf('bound'), { token: agent.token });
      expect([answer.status, statusOf(answer).cause]).toStrictEqual([503, 'binding_unavailable']);
    });
    expect(gateway.log.join('')).toContain(
      'attempting to grant RBAC permissions not currently held',
    );
    await revoke(agent);
  });

  it('that is away refuses new grants, and is rid of ended ones when it is back', async () => {
    const agent = await agentOf({ connection: 'linked', rules: [pods] });
    await succeeds(agent, podsOf('linked'));
    link.cut();
    await revoke(agent);
    const late = await agentOf({ connection: 'linked', rules: [pods] });
    await eventually(async () => {
      const answer = await gateway.call(podsOf('linked'), { token: late.token });
      expect([answer.status, statusOf(answer).cause]).toStrictEqual([503, 'binding_unavailable']);
    });
    await eventually(() => expect(gateway.log.join('')).toContain('bindings not removed yet'));
    await isMade(agent.grantId, true);
    link.mend();
    await isMade(agent.grantId, false);
    await succeeds(late, podsOf('linked'));
    await revoke(late);
    await isMade(late.grantId, false);
  });

  it('is served by two replicas at once', async () => {
    const replica = await gateway.startReplica();
    try {
      const agents = await Promise.all(
        Array.from({ length: 5 }, () => agentOf({ connection: 'bound', rules: [pods] })),
      );
      const address = (replica.addresses['https'] ?? '').replace('127.0.0.1', 'localhost');
      const { certificateAuthority } = gateway.raw;
      const byReplica = (as: string) =>
        httpsCall(
          { server: address, certificateAuthority },
          { method: 'GET', target: podsOf('bound'), token: as },
        );
      await Promise.all(
        agents.flatMap((agent) => [
          succeeds(agent, podsOf('bound')),
          eventually(async () => expect((await byReplica(agent.token)).status).toBe(200)),
        ]),
      );
      for (const agent of agents) await revoke(agent);
      for (const { grantId } of agents) await isMade(grantId, false);
    } finally {
      await replica.close();
    }
    expect(gateway.log.join('')).not.toContain('others stand in their place');
  });

  it('is bound by two workers at once, and swept after their process was killed', async () => {
    await buildProxy();
    const agents = await Promise.all(
      Array.from({ length: 4 }, () => agentOf({ connection: 'bound', rules: [pods] })),
    );
    const built = await startBuiltProxy({ ...gateway.settings, WORKERS: '2' });
    const server = (built.addresses['https'] ?? '').replace('127.0.0.1', 'localhost');
    const { certificateAuthority } = gateway.raw;
    const call = { method: 'GET', target: podsOf('bound') };
    // Each is a connection of its own, so both workers get some.
    await eventually(
      async () => {
        const answers = await Promise.all(
          [...agents, ...agents, ...agents].map((agent) =>
            httpsCall({ server, certificateAuthority }, { ...call, token: agent.token }),
          ),
        );
        expect(new Set(answers.map(({ status }) => status))).toStrictEqual(new Set([200]));
      },
      { timeoutMs: 60_000 },
    );
    process.kill(built.pid, 'SIGKILL');
    for (const agent of agents) await revoke(agent);
    for (const { grantId } of agents) await isMade(grantId, true);
    const next = await gateway.startReplica();
    try {
      for (const { grantId } of agents) await isMade(grantId, false);
    } finally {
      await next.close();
    }
  });

  it('keeps nothing of a connection that is no more', async () => {
    const agent = await agentOf({ connection: 'linked', rules: [pods] });
    await succeeds(agent, podsOf('linked'));
    await isMade(agent.grantId, true);
    const { server, certificateAuthority } = cluster.controlPlane;
    const left = { name: 'gateway', server, certificateAuthority, credential: token };
    await gateway.writeConnections([left]);
    await isMade(agent.grantId, false);
  });
});

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web-0', namespace: 'payments' },
  spec: { containers: [{ name: 'app', image: 'checkout:1' }] },
};

/** The answer to an exec over WebSocket. */
function execStatus({ raw, address }: Gateway, path: string, as: string): Promise<number> {
  const headers = {
    authorization: `Bearer ${as}`,
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-version': '13',
    'sec-websocket-protocol': 'v5.channel.k8s.io',
  };
  return new Promise((resolve, reject) => {
    const url = `${address}${path}?command=true&stdout=true`;
    const sent = request(url, { ca: raw.certificateAuthority, agent: false, headers });
    sent.on('error', reject);
    sent.on('upgrade', (response, socket) => {
      socket.on('error', () => undefined);
      socket.destroy();
      resolve(response.statusCode ?? 0);
    });
    sent.on('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.end();
  });
}
