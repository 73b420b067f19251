import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, it } from 'vitest';
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

/** Runs `use` in a namespace and a scratch directory of its own; both are removed afterwards. */
export async function inFreshNamespace(
  cluster: ConformanceCluster,
  use: (kube: KubectlSession) => Promise<void>,
): Promise<void> {
  const namespace = `conformance-${randomBytes(4).toString('hex')}`;
  const directory = await mkdtemp(join(tmpdir(), 'kubectl-conformance-'));
  const kube = new KubectlSession(cluster, namespace, directory);
  try {
    await kube.ok(['create', 'namespace', namespace]);
    await furnished(kube);
    await use(kube);
  } finally {
    await kube.run(['delete', 'namespace', namespace, '--wait=false']);
    await rm(directory, { recursive: true, force: true });
  }
}

/** A controller gives a namespace its service account and CA a moment later; pods need the first. */
async function furnished(kube: KubectlSession): Promise<void> {
  const deadline = Date.now() + namespaceReadyMs;
  const wanted = ['get', 'serviceaccount/default', 'configmap/kube-root-ca.crt'];
  while ((await kube.run(wanted)).exitCode !== 0) {
    if (Date.now() > deadline) throw new Error('the namespace never got its service account');
    await delay(50);
  }
}
