import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { testServers } from '../test-servers.js';
import { startK3s } from './k3s.js';
import { startNativeControlPlane } from './native-control-plane.js';

/** What the containers of a simulated node have in common. */
export interface SimulatedKubelet {
  /** Port of 127.0.0.1 that a forward to any port of any pod reaches; nobody listens there yet. */
  readonly podPort: number;
  /** What every container logs, in the format of the container runtime. */
  readonly containerLog: string;
}

/** A real Kubernetes control plane with a node on which pods become Ready. */
export interface ControlPlane {
  /** Where it came from: `KUBEBUILDER_ASSETS`, `docker (k3s)` or `native`. */
  readonly route: string;
  /** Address of the API server. */
  readonly server: string;
  /** PEM. */
  readonly certificateAuthority: string;
  /** Path of a kubeconfig with every right. */
  readonly kubeconfig: string;
  /** Of a node whose kubelet is simulated: containers run their commands on this machine. */
  readonly kubelet?: SimulatedKubelet;
  stop(): Promise<void>;
}

export interface ControlPlaneOptions {
  /** Further flags of kube-apiserver. With any, it is never the one in a container: they name files of this machine. */
  readonly apiserverArguments?: readonly string[];
}

/**
 * Starts a control plane by the first route that fits: the binaries in `KUBEBUILDER_ASSETS` (with
 * controller manager, scheduler and kwok found or built), k3s where a Docker engine answers, and otherwise
 * native binaries, found or built from their Go modules. Prints which on stderr.
 */
export async function startControlPlane({
  apiserverArguments = [],
}: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const assets = process.env['KUBEBUILDER_ASSETS'];
  if (assets !== undefined && assets !== '') {
    const route = 'KUBEBUILDER_ASSETS';
    return announce(await startNativeControlPlane({ assets, route, apiserverArguments }));
  }
  const isPlain = apiserverArguments.length === 0;
  if (isPlain && (await testServers()) === 'docker') return announce(await startK3s());
  return announce(await startNativeControlPlane({ route: 'native', apiserverArguments }));
}

function announce(controlPlane: ControlPlane): ControlPlane {
  process.stderr.write(`control plane: ${controlPlane.route} at ${controlPlane.server}\n`);
  return controlPlane;
}

/** Writes a kubeconfig into the scratch directory of a control plane. */
export async function saveKubeconfig(directory: string, content: string): Promise<string> {
  const file = join(directory, 'admin.kubeconfig');
  await writeFile(file, content, { mode: 0o600 });
  return file;
}
