import type { EKSClient } from '@aws-sdk/client-eks';
import type { STSClient } from '@aws-sdk/client-sts';

/** Short: the SDK tries again by itself, and a call may be waiting. */
const requestHandler = {
  connectionTimeout: 3_000,
  requestTimeout: 5_000,
  throwOnRequestTimeout: true,
};
const maxAttempts = 3;

/** Credentials of AWS as the SDK takes them. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: Date;
}

/**
 * The clients of AWS, one STS client per region. They use the ambient identity: environment, web identity
 * (IRSA), Pod Identity, profile or instance role, in the order of AWS's default chain. The SDK is loaded when a
 * connection first needs it.
 */
export class AwsClients {
  readonly #sts = new Map<string, Promise<STSClient>>();

  sts(region: string): Promise<STSClient> {
    const known = this.#sts.get(region);
    if (known !== undefined) return known;
    const opened = import('@aws-sdk/client-sts').then(
      ({ STSClient: Client }) => new Client({ region, maxAttempts, requestHandler }),
    );
    this.#sts.set(region, opened);
    return opened;
  }

  /** @param credentials - asked before every call */
  async eks(region: string, credentials: () => Promise<AwsCredentials>): Promise<EKSClient> {
    const { EKSClient: Client } = await import('@aws-sdk/client-eks');
    return new Client({ region, credentials, maxAttempts, requestHandler });
  }

  async close(): Promise<void> {
    const clients = await Promise.allSettled(this.#sts.values());
    this.#sts.clear();
    for (const client of clients) if (client.status === 'fulfilled') client.value.destroy();
  }
}
