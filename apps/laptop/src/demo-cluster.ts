import { startSandboxCluster } from '@drawbridge/sandbox-cluster';
import type { ClusterAccess } from './demo-configuration.js';
import { DemoWorkload } from './demo-workload.js';
import type { StateDirectory } from './state-directory.js';
import { accessOf } from './user-cluster.js';

/** The cluster behind the gateway, with the workload of the story in it. */
export interface DemoCluster {
  readonly access: ClusterAccess;
  /** In words, for the terminal. */
  readonly description: string;
  close(): Promise<void>;
}

export interface DemoClusterOptions {
  readonly state: StateDirectory;
  readonly kubectl: string;
  /** A cluster of the user's; absent: the sandbox cluster. */
  readonly kubeconfig?: string;
}

export async function openDemoCluster(options: DemoClusterOptions): Promise<DemoCluster> {
  const { kubeconfig } = options;
  return kubeconfig === undefined ? openSandbox(options) : openUserCluster(options, kubeconfig);
}

async function openSandbox({ state, kubectl }: DemoClusterOptions): Promise<DemoCluster> {
  const cluster = await startSandboxCluster({ host: '127.0.0.1' });
  const kubeconfig = state.write('cluster-admin.kubeconfig', adminKubeconfig(cluster));
  await new DemoWorkload(kubectl, kubeconfig).install(state);
  return {
    access: {
      server: cluster.address,
      certificateAuthority: cluster.certificateAuthority,
      credential: { type: 'bearerToken', token: cluster.adminToken },
    },
    description: `sandbox cluster at ${cluster.address}`,
    close: () => cluster.close(),
  };
}

async function openUserCluster(
  { state, kubectl }: DemoClusterOptions,
  kubeconfig: string,
): Promise<DemoCluster> {
  const access = await accessOf(kubeconfig);
  const workload = new DemoWorkload(kubectl, kubeconfig);
  await workload.install(state);
  return {
    access,
    description: `your cluster at ${access.server}`,
    close: () => workload.remove(),
  };
}

interface Sandbox {
  readonly address: string;
  readonly certificateAuthority: string;
  readonly adminToken: string;
}

const adminKubeconfig = ({ address, certificateAuthority, adminToken }: Sandbox): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'sandbox',
    clusters: [
      {
        name: 'sandbox',
        cluster: {
          server: address,
          'certificate-authority-data': Buffer.from(certificateAuthority).toString('base64'),
        },
      },
    ],
    users: [{ name: 'admin', user: { token: adminToken } }],
    contexts: [{ name: 'sandbox', context: { cluster: 'sandbox', user: 'admin' } }],
  });
