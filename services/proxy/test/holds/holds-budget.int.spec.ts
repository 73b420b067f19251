import { KubeConfig, PolicyV1Api } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '@drawbridge/testing';
import {
  startClusterUnderTest,
  type ClusterUnderTest,
  type Manifest,
} from '../cluster-under-test.js';
import { startHolds, type AgentUnderTest, type HoldsUnderTest } from './holds-under-test.js';

/** A real API server: the sandbox cluster knows no disruption budgets. */
let cluster: ClusterUnderTest;
let world: HoldsUnderTest;

beforeAll(async () => {
  cluster = await startClusterUnderTest();
  await cluster.create(...access, named('Namespace', 'v1', { name: 'payments' }));
  await eventually(() =>
    cluster.core.readNamespacedServiceAccount({ name: 'default', namespace: 'payments' }),
  );
  await cluster.create(pod('web-0', 'web'), pod('batch-0', 'batch'), budget('web'));
  await isRunning('web-0');
  const { server, certificateAuthority } = cluster.controlPlane;
  const token = await cluster.gatewayToken();
  world = await startHolds({ namespaces: [], behind: { server, certificateAuthority, token } });
});
afterAll(async () => {
  await world.close();
  await cluster.stop();
});

const isRunning = (name: string) =>
  eventually(async () => {
    const { status } = await cluster.core.readNamespacedPod({ name, namespace: 'payments' });
    if (status?.phase !== 'Running') throw new Error(`${name} is ${status?.phase ?? 'nowhere'}`);
  });

/** Waits until the cluster has counted. */
async function allowsOneDisruption(name: string): Promise<void> {
  const config = new KubeConfig();
  config.loadFromFile(cluster.controlPlane.kubeconfig);
  const policy = config.makeApiClient(PolicyV1Api);
  await eventually(async () => {
    const found = { name, namespace: 'payments' };
    const { status } = await policy.readNamespacedPodDisruptionBudget(found);
    const allowed = status?.disruptionsAllowed ?? 0;
    if (allowed !== 1) throw new Error(`${name} allows ${allowed}`);
  });
}

const named = (kind: string, apiVersion: string, metadata: Manifest['metadata']): Manifest => ({
  ...{ apiVersion, kind, metadata },
});

/** The gateway's own account may do everything. */
const access = [
  named('Namespace', 'v1', { name: 'drawbridge' }),
  named('ServiceAccount', 'v1', { name: 'gateway', namespace: 'drawbridge' }),
  {
    ...named('ClusterRoleBinding', 'rbac.authorization.k8s.io/v1', { name: 'gateway' }),
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', name: 'gateway', namespace: 'drawbridge' }],
  },
];

const pod = (name: string, app: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'payments', labels: { app } },
  spec: { containers: [{ name: 'app', image: `${app}:1` }] },
});

const budget = (app: string) => ({
  ...named('PodDisruptionBudget', 'policy/v1', { name: `${app}-stays`, namespace: 'payments' }),
  spec: { minAvailable: 1, selector: { matchLabels: { app } } },
});

const pods = '/connections/prod-eks/api/v1/namespaces/payments/pods';

const remove = (agent: AgentUnderTest, name: string) =>
  world.gateway.call(`${pods}/${name}`, {
    method: 'DELETE',
    token: agent.token,
    headers: { prefer: 'wait=0' },
  });

/** As `kubectl drain` does it. */
const evict = (agent: AgentUnderTest, name: string) =>
  world.gateway.call(`${pods}/${name}/eviction`, {
    method: 'POST',
    token: agent.token,
    headers: { 'content-type': 'application/json', prefer: 'wait=0' },
    body: JSON.stringify(named('Eviction', 'policy/v1', { name, namespace: 'payments' })),
  });

const touches = async (agent: AgentUnderTest) => {
  const { holdId } = await world.held(agent);
  return (await world.shown(holdId)).effect?.touches;
};

describe('what an approver is shown of a pod that is to go', () => {
  const guarded = ['pods: 1 (web-0)', 'disruption budgets of these pods: 1 (web-stays)'];

  it('names the budget that it is in', async () => {
    const agent = await world.agent();
    expect((await remove(agent, 'web-0')).status).toBe(429);
    expect(await touches(agent)).toStrictEqual(guarded);
  });

  it('is for nobody to decide when the budget allows no eviction', async () => {
    const agent = await world.agent();
    const { status, body } = await evict(agent, 'web-0');
    expect(status).toBe(429);
    expect(body).toContain('disruption budget');
    expect(await world.holdsOf(agent)).toStrictEqual([]);
  });

  it('names it when a drain evicts the pod', async () => {
    await cluster.create(pod('web-1', 'web'));
    await allowsOneDisruption('web-stays');
    const agent = await world.agent();
    const { status, body } = await evict(agent, 'web-0');
    expect(status).toBe(429);
    expect(body).toContain('hold_pending');
    expect(await touches(agent)).toStrictEqual(guarded);
  });

  it('names none where there is none', async () => {
    const agent = await world.agent();
    expect((await remove(agent, 'batch-0')).status).toBe(429);
    expect(await touches(agent)).toStrictEqual(['pods: 1 (batch-0)']);
  });
});
