import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { describe, it } from 'vitest';
import { eventually } from '@drawbridge/testing';
import { kubectlConformance } from './kubectl-conformance.js';
import { type ConformanceCluster, KubectlSession } from './kubectl-session.js';

const caseTimeoutMs = 120_000;
const namespaceReadyMs = 20_000;

/**
 * Declares one test per conformance case.
 *
 * @param title - What the cases run against.
 * @param getCluster - Called when a case runs, so the cluster may be started in `beforeAll`.
 */
export function describeConformance(title: string, getCluster: () => ConformanceCluster): void {
  describe(`kubectl against ${title}`, () => {
    it.each(kubectlConformance)(
      '$name',
      async ({ run }) => inFreshNamespace(getCluster(), run),
      caseTimeoutMs,
    );
  });
}

/**
 * Runs `use` in a namespace and a scratch directory of its own; both are removed afterwards. Not by kubectl: each
 * command is a process, and these would be a third of all.
 */
export async function inFreshNamespace(
  cluster: ConformanceCluster,
  use: (kube: KubectlSession) => Promise<void>,
): Promise<void> {
  const name = `conformance-${randomBytes(4).toString('hex')}`;
  const config = new KubeConfig();
  config.loadFromFile(cluster.kubeconfig);
  const core = config.makeApiClient(CoreV1Api);
  const directory = await mkdtemp(join(tmpdir(), 'kubectl-conformance-'));
  try {
    const body: object = { metadata: { name } };
    await core.createNamespace({ body });
    await furnished(core, name);
    await use(new KubectlSession(cluster, name, directory));
  } finally {
    await core.deleteNamespace({ name }).catch(() => undefined);
    await rm(directory, { recursive: true, force: true });
  }
}

/** A controller gives a namespace its service account and CA a moment later; pods need the first. */
function furnished(core: CoreV1Api, namespace: string): Promise<void> {
  return eventually(
    async () => {
      await core.readNamespacedServiceAccount({ namespace, name: 'default' });
      await core.readNamespacedConfigMap({ namespace, name: 'kube-root-ca.crt' });
    },
    { timeoutMs: namespaceReadyMs },
  );
}
