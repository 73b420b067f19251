import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { containerImages } from '../container-images.js';
import { saveKubeconfig, type ControlPlane } from './control-plane.js';

/** k3s in a container: a whole small cluster, with a real kubelet. */
export async function startK3s(): Promise<ControlPlane> {
  const { K3sContainer } = await import('@testcontainers/k3s');
  const container = await new K3sContainer(containerImages.k3s).start();
  const directory = await mkdtemp(join(tmpdir(), 'drawbridge-k3s-'));
  const content = container.getKubeConfig();
  const kubeconfig = await saveKubeconfig(directory, content);
  return {
    route: `docker (${containerImages.k3s})`,
    server: fieldOf(content, 'server'),
    certificateAuthority: Buffer.from(
      fieldOf(content, 'certificate-authority-data'),
      'base64',
    ).toString('utf8'),
    kubeconfig,
    stop: async () => {
      await container.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** k3s writes a flat kubeconfig with one cluster, so its two fields can be read without a YAML parser. */
function fieldOf(kubeconfig: string, field: string): string {
  const value = new RegExp(`^\\s*${field}:\\s*(\\S+)\\s*$`, 'm').exec(kubeconfig)?.[1];
  if (value === undefined) throw new Error(`the kubeconfig of k3s has no "${field}"`);
  return value;
}
