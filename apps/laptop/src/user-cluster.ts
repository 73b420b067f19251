import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { AppError } from '@drawbridge/kernel';
import type { ClusterAccess } from './demo-configuration.js';

/**
 * `kubeconfig_unusable`: the current context of the user's kubeconfig names no https server, or its
 * credential is of a kind that the gateway cannot hold (anything but a token or a client certificate).
 */
export class UserClusterError extends AppError<'kubeconfig_unusable'> {}

/** How the gateway reaches the cluster of the current context of a kubeconfig. */
export async function accessOf(kubeconfigFile: string): Promise<ClusterAccess> {
  const kubeconfig = new KubeConfig();
  kubeconfig.loadFromFile(kubeconfigFile);
  const server = kubeconfig.getCurrentCluster()?.server;
  if (server?.startsWith('https://') !== true) {
    throw unusable(
      kubeconfigFile,
      `an https server in the current context, got ${server ?? 'none'}`,
    );
  }
  // Also runs an exec plugin, as kubectl would.
  const options: RequestOptions = {};
  await kubeconfig.applyToHTTPSOptions(options);
  const ca = text(options.ca);
  const credential = credentialIn(options);
  if (credential === undefined) {
    throw unusable(kubeconfigFile, 'a token or a client certificate for the current context');
  }
  return { server, ...(ca === undefined ? {} : { certificateAuthority: ca }), credential };
}

function credentialIn(options: RequestOptions): ClusterAccess['credential'] | undefined {
  const certificate = text(options.cert);
  const key = text(options.key);
  if (certificate !== undefined && key !== undefined) {
    return { type: 'clientCertificate', certificate, key };
  }
  const headers: unknown = options.headers;
  const authorization =
    typeof headers === 'object' && headers !== null && 'Authorization' in headers
      ? headers.Authorization
      : undefined;
  const token = /^Bearer (\S+)$/.exec(typeof authorization === 'string' ? authorization : '')?.[1];
  return token === undefined ? undefined : { type: 'bearerToken', token };
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' || Buffer.isBuffer(value) ? value.toString() : undefined;

const unusable = (file: string, expected: string) =>
  new UserClusterError('kubeconfig_unusable', `${file}: expected ${expected}`);
