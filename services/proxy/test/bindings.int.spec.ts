import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Rule } from '@drawbridge/contracts';
import { eventually } from '@drawbridge/testing';
import type { OpenGrant } from '../src/domain/open-grants.js';
import { ClientNodeRbac } from '../src/identity-modes/client-node-rbac.js';
import { GrantBindings } from '../src/identity-modes/grant-bindings.js';
import { Impersonation } from '../src/identity-modes/impersonation.js';
import { sweepOnce } from '../src/identity-modes/sweep-orphans.js';
import { startClusterUnderTest, type ClusterUnderTest } from './cluster-under-test.js';
import { httpsCall, httpsUpstream } from './https-upstream.js';

let cluster: ClusterUnderTest;
let rbac: ClientNodeRbac;
let token: string;
const open = new Set<string>();
const lines: unknown[] = [];

beforeAll(async () => {
  cluster = await startClusterUnderTest();
  await cluster.applyShipped(
    'gateway-account.yaml',
    'constrained-impersonation.yaml',
    'ephemeral-rbac.yaml',
  );
  for (const name of ['payments', 'shop']) {
    await cluster.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  token = await cluster.gatewayToken();
  rbac = new ClientNodeRbac(httpsUpstream(cluster.controlPlane, token));
});
afterAll(() => cluster.stop());
beforeEach(() => {
  open.clear();
  lines.length = 0;
});

const pods: Rule = {
  verbs: ['get', 'list'],
  apiGroups: [''],
  resources: ['pods'],
  namespaces: ['payments'],
};

function grantOf(...rules: Rule[]): OpenGrant {
  const [grantId, accessRequestId] = [randomUUID(), randomUUID()];
  open.add(grantId);
  const agent = { issuer: 'https://idp.test', subject: 'agent-oncall', connection: 'prod' };
  return {
    grantId,
    accessRequestId,
    ...agent,
    rules,
    policy: 'oncall',
    reason: 'a test',
    approvers: [],
    issuedAtMs: 0,
    startsAtMs: 0,
    endsAtMs: Date.now() + 60_000,
  };
}

/** What one proxy has. */
function proxyOf(instance = 'one') {
  const note = (line: unknown) => void lines.push(line);
  const options = {
    owner: { instance, connection: 'prod' },
    rbac: () => Promise.resolve(rbac),
    isOpen: ({ grantId }: { grantId: string }) => open.has(grantId),
    logger: { log: note, warn: note, error: note },
  };
  const bindings = new GrantBindings(options);
  const sweep = { ...options, bindings, isCurrent: () => true, settleMs: 0 };
  return { bindings, sweep: () => sweepOnce(sweep, new AbortController().signal) };
}

/** A call with the headers that the gateway would send, past the gateway's own judgement. */
async function callAs(grant: OpenGrant, target: string, method = 'GET'): Promise<number> {
  const identity = {
    mode: 'impersonate',
    userPrefix: 'drawbridge:',
    groupPrefix: 'drawbridge:',
    ephemeralRbac: true,
  } as const;
  const { grantId, accessRequestId, issuer, subject } = grant;
  const headers = new Impersonation(identity).headers({
    agent: { kind: 'agent', issuer, subject, groups: ['oncall-agents', 'a', 'b', 'c', 'd'] },
    ...{ grantId, accessRequestId, commandId: randomUUID(), grantEndsAtMs: 0 },
  });
  const { status } = await httpsCall(cluster.controlPlane, { method, target, token, headers });
  return status;
}

/** Waits for all, started at the same time. */
async function allOf(waiting: readonly (Promise<void> | undefined)[]): Promise<void> {
  await Promise.all(waiting.map((one) => one ?? Promise.resolve()));
}

const nothingLeft = () =>
  eventually(async () => expect(await cluster.made()).toStrictEqual([]), { timeoutMs: 60_000 });

describe('the cluster itself', () => {
  it('enforces the scope of a grant, from its first call to its end', async () => {
    const { bindings } = proxyOf();
    const nodes = { ...pods, resources: ['nodes'], namespaces: ['*'] };
    const grant = grantOf(pods, nodes);
    expect(await callAs(grant, '/api/v1/namespaces/payments/pods')).toBe(403);
    await bindings.ensure(grant);
    const calls = {
      '/api/v1/namespaces/payments/pods': 200,
      '/api/v1/nodes': 200,
      '/apis': 200,
      '/api/v1/pods': 403,
      '/api/v1/namespaces/shop/pods': 403,
      '/api/v1/namespaces/payments/services': 403,
      '/api/v1/namespaces/payments/secrets': 403,
      '/apis/rbac.authorization.k8s.io/v1/clusterroles': 403,
    };
    for (const [target, status] of Object.entries(calls)) {
      expect([target, await callAs(grant, target)]).toStrictEqual([target, status]);
    }
    expect(await callAs(grant, '/api/v1/namespaces/payments/pods', 'DELETE')).toBe(403);
    open.clear();
    bindings.removeEnded();
    await nothingLeft();
    await eventually(async () =>
      expect(await callAs(grant, '/api/v1/namespaces/payments/pods')).toBe(403),
    );
  });

  it('T18 does not add up the grants of one agent', async () => {
    const { bindings } = proxyOf();
    const [reads, deletes] = [grantOf(pods), grantOf({ ...pods, verbs: ['delete'] })];
    await Promise.all([bindings.ensure(reads), bindings.ensure(deletes)]);
    expect(await callAs(reads, '/api/v1/namespaces/payments/pods/x')).toBe(404);
    expect(await callAs(reads, '/api/v1/namespaces/payments/pods/x', 'DELETE')).toBe(403);
    expect(await callAs(deletes, '/api/v1/namespaces/payments/pods/x')).toBe(403);
    expect(await callAs(deletes, '/api/v1/namespaces/payments/pods/x', 'DELETE')).toBe(404);
    open.clear();
    bindings.removeEnded();
    await nothingLeft();
  });

  it('judges names where one is granted, and lets filtered lists of several pass', async () => {
    const { bindings } = proxyOf();
    const [one, two] = [
      grantOf({ ...pods, resourceNames: ['web-0'] }),
      grantOf({ ...pods, resourceNames: ['web-0', 'web-1'] }),
    ];
    await Promise.all([bindings.ensure(one), bindings.ensure(two)]);
    const list = '/api/v1/namespaces/payments/pods';
    expect(await callAs(one, list)).toBe(403);
    expect(await callAs(one, `${list}?fieldSelector=metadata.name%3Dweb-0`)).toBe(200);
    expect(await callAs(two, list)).toBe(200);
    expect(await callAs(two, `${list}/web-1`)).toBe(404);
    expect(await callAs(two, `${list}/web-2`)).toBe(403);
    open.clear();
    bindings.removeEnded();
    await nothingLeft();
  });

  it('holds the ceiling: what the gateway itself may not do is given to nobody', async () => {
    const { bindings } = proxyOf();
    const secrets = grantOf({ ...pods, resources: ['secrets'] });
    await expect(bindings.ensure(secrets)).rejects.toMatchObject({ code: 'binding_unavailable' });
    expect(await cluster.made()).toStrictEqual([]);
    const everything = grantOf({ ...pods, verbs: ['*'], resources: ['*'], namespaces: ['*'] });
    await expect(bindings.ensure(everything)).rejects.toMatchObject({
      code: 'binding_unavailable',
      cause: { code: 403 },
    });
    expect(await cluster.made()).toStrictEqual([]);
  });

  it('T2 lets the gateway’s credential be nobody of Kubernetes’ own', async () => {
    const as = async (...headers: string[]) =>
      (await httpsCall(cluster.controlPlane, { method: 'GET', target: '/api', token, headers }))
        .status;
    expect(await as('impersonate-user', 'x')).toBe(200);
    expect(await as('impersonate-user', 'x', 'impersonate-group', 'system:masters')).toBe(403);
    expect(await as('impersonate-user', 'system:node:fake-node')).toBe(403);
    expect(await as('impersonate-user', 'system:serviceaccount:kube-system:default')).toBe(403);
  });
});

describe('several proxies', () => {
  it('bind and unbind the same grants at the same time', async () => {
    const proxies = [proxyOf(), proxyOf(), proxyOf()];
    const grants = Array.from({ length: 10 }, () => grantOf(pods));
    const all = proxies.flatMap(({ bindings }) => grants.map((grant) => bindings.ensure(grant)));
    await allOf(all);
    expect(await cluster.made()).toHaveLength(20);
    open.clear();
    for (const { bindings } of proxies) bindings.removeEnded();
    await nothingLeft();
    await eventually(() =>
      expect(proxies.map(({ bindings }) => bindings.size)).toStrictEqual([0, 0, 0]),
    );
  });

  it('of two installations sweep their own orphans only', async () => {
    const [one, two] = [proxyOf('one'), proxyOf('two')];
    const [mine, theirs] = [grantOf(pods), grantOf({ ...pods, namespaces: ['*'] })];
    await Promise.all([one.bindings.ensure(mine), two.bindings.ensure(theirs)]);
    // Both are killed: nobody removes what they have made but the sweep.
    open.clear();
    expect(await proxyOf('one').sweep()).toBe(true);
    expect(await cluster.made()).toStrictEqual([
      `ClusterRole /drawbridge-${theirs.grantId}`,
      `ClusterRoleBinding /drawbridge-${theirs.grantId}`,
    ]);
    expect(await proxyOf('two').sweep()).toBe(true);
    expect(await cluster.made()).toStrictEqual([]);
  });
});

describe('a burst', () => {
  it('of 200 grants is bound, and gone again', async () => {
    const { bindings } = proxyOf();
    const grants = Array.from({ length: 200 }, () => grantOf(pods));
    // One that takes longer than a call waits for it is bound all the same.
    await eventually(() => allOf(grants.map((grant) => bindings.ensure(grant))));
    expect(await cluster.made()).toHaveLength(400);
    open.clear();
    bindings.removeEnded();
    await nothingLeft();
    expect(lines).toStrictEqual([]);
  });
});
