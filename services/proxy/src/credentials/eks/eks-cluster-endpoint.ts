import { X509Certificate } from 'node:crypto';
import type { Cluster } from '@aws-sdk/client-eks';
import type { CredentialOfType } from '@drawbridge/contracts';
import type { ClusterEndpoint, Endpoint } from '../cluster-endpoint.js';
import { sameEndpoint } from '../configured-endpoint.js';
import { CredentialFailure, orRefuse } from '../credential-failure.js';
import { Renewed } from '../renewed.js';
import type { ReportFailure } from '../report-failure.js';
import type { AwsClients } from './aws-clients.js';
import { awsFailure } from './aws-failure.js';
import { RoleSession } from './role-session.js';
import { gatewayNames } from './session-names.js';

/** An endpoint lives as long as its cluster, so an absence of AWS is no reason to give it up. */
const RENEW_MS = 5 * 60_000;
const USABLE_MS = 24 * 60 * 60_000;

export interface EksClusterEndpointOptions {
  readonly connection: string;
  readonly spec: CredentialOfType<'eks'>;
  readonly clients: AwsClients;
  readonly onFailure: ReportFailure;
}

/**
 * Looks up address and authority of an EKS cluster by its name, with a session of the connection's role for the
 * gateway itself: the role needs `eks:DescribeCluster`.
 */
export class EksClusterEndpoint implements ClusterEndpoint {
  readonly #options: EksClusterEndpointOptions;
  readonly #role: RoleSession;
  readonly #endpoint: Renewed<Endpoint>;

  constructor(options: EksClusterEndpointOptions) {
    const { connection, onFailure } = options;
    this.#options = options;
    this.#role = new RoleSession({ ...options, names: gatewayNames(connection) });
    this.#endpoint = new Renewed({
      obtain: async (signal) => {
        const value = await this.#describe(signal);
        return { value, usableMs: USABLE_MS, renewAfterMs: RENEW_MS };
      },
      same: sameEndpoint,
      onFailure,
    });
  }

  current(): Endpoint | Promise<Endpoint> {
    return orRefuse(this.#endpoint.current(), this.#options.connection);
  }

  close(): Promise<void> {
    this.#endpoint.close();
    this.#role.close();
    return Promise.resolve();
  }

  async #describe(signal: AbortSignal): Promise<Endpoint> {
    const { region, clusterName } = this.#options.spec;
    const credentials = async () => (await this.#role.current()).aws;
    const { DescribeClusterCommand } = await import('@aws-sdk/client-eks');
    const client = await this.#options.clients.eks(region, credentials);
    try {
      const command = new DescribeClusterCommand({ name: clusterName });
      const { cluster } = await client.send(command, { abortSignal: signal });
      return endpointOf(cluster);
    } catch (error) {
      throw awsFailure(`DescribeCluster of ${clusterName}`, error);
    } finally {
      client.destroy();
    }
  }
}

/** @throws {@link CredentialFailure} for a cluster that is not ready, or an answer that makes no sense */
function endpointOf(cluster: Cluster | undefined): Endpoint {
  const pem = Buffer.from(cluster?.certificateAuthority?.data ?? '', 'base64').toString('utf8');
  const server = plainHttps(cluster?.endpoint);
  if (server === undefined || !isAuthority(pem)) {
    const status = cluster?.status ?? 'unknown';
    throw new CredentialFailure(`the cluster has no address and authority yet (it is ${status})`);
  }
  return { server, certificateAuthority: pem };
}

function plainHttps(address = ''): URL | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  return url?.protocol === 'https:' && url.username === '' ? url : undefined;
}

function isAuthority(pem: string): boolean {
  try {
    return new X509Certificate(pem).ca;
  } catch {
    return false;
  }
}
