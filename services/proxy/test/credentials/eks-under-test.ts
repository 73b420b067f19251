import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CredentialOfType } from '@drawbridge/contracts';
import {
  DemoAws,
  EksAuthenticator,
  repositoryRoot,
  type AwsCluster,
  type DemoAwsOptions,
  type TrustPolicy,
} from '@drawbridge/embedded';

export const REGION = 'eu-west-1';
export const CLUSTER = 'prod';
export const ROLE = 'arn:aws:iam::444455556666:role/drawbridge-prod';
export const AMBIENT = 'arn:aws:sts::111122223333:assumed-role/drawbridge-gateway/proxy-0';
export const EXTERNAL_ID = 'drawbridge-7f3a';

/** The trust policy that docs/connections.md shows, as it stands there. */
export function documentedTrustPolicy(): TrustPolicy {
  const text = readFileSync(join(repositoryRoot(), 'docs/connections.md'), 'utf8');
  const json = /```json\n([^`]*)```/.exec(text)?.[1] ?? '';
  return JSON.parse(json) as TrustPolicy;
}

/** AWS and the authenticator of a cluster, with this process's ambient identity set to the one that AWS knows. */
export interface EksUnderTest {
  readonly aws: DemoAws;
  readonly authenticator: EksAuthenticator;
  /** Asks the authenticator as an API server does. */
  review(token: string): Promise<{ authenticated: boolean; user?: { username: string } }>;
  close(): Promise<void>;
}

export interface EksUnderTestOptions {
  readonly clusters?: readonly AwsCluster[];
  readonly groups?: readonly string[];
  readonly webIdentities?: DemoAwsOptions['webIdentities'];
}

export async function startEks(options: EksUnderTestOptions = {}): Promise<EksUnderTest> {
  const { clusters = [], groups = ['drawbridge'], webIdentities = [] } = options;
  const home = await mkdtemp(join(tmpdir(), 'drawbridge-aws-'));
  const roles = [{ arn: ROLE, trustPolicy: documentedTrustPolicy() }];
  const aws = await DemoAws.start({
    region: REGION,
    ambientArn: AMBIENT,
    roles,
    clusters,
    webIdentities,
  });
  const authenticator = await EksAuthenticator.start({
    clusterName: CLUSTER,
    region: REGION,
    sts: aws.endpoint,
    accessEntries: [{ roleArn: ROLE, username: 'drawbridge:{{SessionName}}', groups }],
    now: () => Date.now() + aws.clockAheadMs,
  });
  const { accessKeyId, secretAccessKey, sessionToken = '' } = aws.ambient;
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
    AWS_ENDPOINT_URL_STS: aws.endpoint,
    AWS_ENDPOINT_URL_EKS: aws.endpoint,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: join(home, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(home, 'credentials'),
  });
  return {
    aws,
    authenticator,
    review: (token) => review(authenticator, token),
    close: async () => {
      await authenticator.close();
      await aws.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

export const eksSpec = (
  change: Partial<CredentialOfType<'eks'>> = {},
): CredentialOfType<'eks'> => ({
  type: 'eks',
  clusterName: CLUSTER,
  region: REGION,
  roleArn: ROLE,
  externalId: EXTERNAL_ID,
  durationSeconds: 900,
  sourceIdentity: true,
  sessionTags: true,
  transitiveTags: false,
  ...change,
});

function review(
  { kubeconfig, certificateAuthority: ca }: EksAuthenticator,
  token: string,
): Promise<{ authenticated: boolean; user?: { username: string } }> {
  const { clusters } = JSON.parse(kubeconfig) as { clusters: [{ cluster: { server: string } }] };
  const body = JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', spec: { token } });
  return new Promise((resolve, reject) => {
    const sent = request(clusters[0].cluster.server, { method: 'POST', ca }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => {
        const answer = JSON.parse(text) as { status: { authenticated: boolean } };
        resolve(answer.status);
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
