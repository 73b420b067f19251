import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { eventually } from '../eventually.js';
import { freePort, nativeTool, repositoryRoot } from '@drawbridge/embedded';
import { startChild, type Child } from './child.js';
import { writeClusterFiles, type ClusterFiles } from './cluster-files.js';
import { saveKubeconfig, type ControlPlane } from './control-plane.js';
import { adminKubeconfig } from './kubeconfig.js';
import {
  apiserverArguments,
  controllerManagerArguments,
  etcdArguments,
  kubeletArguments,
  kwokArguments,
  schedulerArguments,
  type ClusterPorts,
} from './server-arguments.js';

export interface NativeControlPlaneOptions {
  /** Directory with `etcd` and `kube-apiserver`, as envtest lays it out. Parts that are not there are resolved. */
  readonly assets?: string;
  readonly route: string;
  /** Further flags of kube-apiserver. */
  readonly apiserverArguments?: readonly string[];
}

const READY_MS = 240_000;

const FAKE_NODE = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: {
    name: 'fake-node',
    labels: { 'kubernetes.io/hostname': 'fake-node', 'kubernetes.io/os': 'linux' },
  },
};

/** etcd, kube-apiserver, controller manager, scheduler and kwok as child processes on loopback. */
export async function startNativeControlPlane({
  assets,
  route,
  apiserverArguments: further = [],
}: NativeControlPlaneOptions): Promise<ControlPlane> {
  const ports = await choosePorts();
  const files = await writeClusterFiles();
  const server = `https://127.0.0.1:${ports.apiserver}`;
  const kubeconfig = await saveKubeconfig(files.directory, adminKubeconfig({ server, ...files }));
  const children: Child[] = [];
  const start = async (name: string, args: readonly string[]) => {
    const executable = await executableOf(name, assets);
    children.push(startChild(name, executable, args));
  };
  const stop = async () => {
    for (const child of children.toReversed()) await child.stop();
    await rm(files.directory, { recursive: true, force: true });
  };
  try {
    await start('etcd', etcdArguments(files, ports));
    await start('kube-apiserver', [...apiserverArguments(files, ports), ...further]);
    const ready = async () => {
      for (const { watch } of children) await watch.requireRunning();
      await requireReady(server, files);
    };
    await eventually(ready, { timeoutMs: READY_MS });
    await start('kube-controller-manager', controllerManagerArguments(files));
    await start('kube-scheduler', schedulerArguments(files));
    await start('kwok', kwokArguments(files, ports, kwokStages()));
    await start('test-kubelet', kubeletArguments(files, ports));
    await createNode(server, files);
  } catch (cause) {
    const said = children.map((child) => `--- ${child.name}\n${child.watch.lastWords}`).join('\n');
    await stop();
    throw new Error(`the control plane did not start:\n${said}`, { cause });
  }
  const { certificateAuthority } = files;
  const containerLog = files.path('container.log');
  const kubelet = { podPort: ports.pod, containerLog };
  return { route, server, certificateAuthority, kubeconfig, kubelet, stop };
}

const kwokStages = () => join(repositoryRoot(), 'tools/control-plane/kwok-stages.yaml');

async function choosePorts(): Promise<ClusterPorts> {
  // All at the same time, so that none is given out twice.
  const free = await Promise.all(Array.from({ length: 6 }, () => freePort()));
  const [etcdClient = 0, etcdPeer = 0, apiserver = 0, kubelet = 0, kwok = 0, pod = 0] = free;
  return { etcdClient, etcdPeer, apiserver, kubelet, kwok, pod };
}

function executableOf(name: string, assets: string | undefined): Promise<string> {
  const inAssets = assets === undefined ? undefined : join(assets, name);
  if (inAssets !== undefined && existsSync(inAssets)) return Promise.resolve(inAssets);
  return nativeTool(name);
}

async function requireReady(server: string, files: ClusterFiles): Promise<void> {
  const { status } = await call(files, { method: 'GET', url: `${server}/readyz` });
  if (status !== 200) throw new Error(`/readyz answered ${status}`);
}

async function createNode(server: string, files: ClusterFiles): Promise<void> {
  const url = `${server}/api/v1/nodes`;
  const { status } = await call(files, { method: 'POST', url, body: FAKE_NODE });
  if (status !== 201) throw new Error(`creating the node was answered with ${status}`);
}

interface Call {
  readonly method: string;
  readonly url: string;
  readonly body?: object;
}

function call(files: ClusterFiles, { method, url, body }: Call): Promise<{ status: number }> {
  const { admin, certificateAuthority: ca } = files;
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const options = { method, headers, ca, cert: admin.certificate, key: admin.key };
    const sent = request(url, options, (response) => {
      response.resume();
      response.on('end', () => resolve({ status: response.statusCode ?? 0 }));
    });
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
