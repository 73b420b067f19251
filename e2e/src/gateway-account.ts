import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { ClusterAccess } from '@drawbridge/laptop';
import { nativeTool, type ControlPlane } from '@drawbridge/testing';

const run = promisify(execFile);

const account = { name: 'drawbridge-gateway', namespace: 'default' };
const manifests = [
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: account },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: account.name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', ...account }],
  },
];

/** Gives the gateway a service account of its own in the cluster, and returns its access by bearer token. */
export async function createGatewayAccount(
  { kubeconfig, server, certificateAuthority }: ControlPlane,
  directory: string,
): Promise<ClusterAccess> {
  const kubectl = await nativeTool('kubectl');
  const file = join(directory, 'gateway-account.yaml');
  await writeFile(file, manifests.map((manifest) => stringify(manifest)).join('---\n'));
  const admin = (...args: string[]) => run(kubectl, ['--kubeconfig', kubeconfig, ...args]);
  await admin('apply', '-f', file);
  const { stdout } = await admin('create', 'token', account.name, '--duration=1h');
  return {
    server,
    certificateAuthority,
    credential: { type: 'bearerToken', token: stdout.trim() },
  };
}
