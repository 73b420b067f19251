import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DemoAws, EksAuthenticator, type TrustPolicy } from '@drawbridge/embedded';
import { eventually, startControlPlane, type ControlPlane } from '@drawbridge/testing';
import { ClusterAdmin } from './cluster-admin.js';

export const eks = {
  region: 'eu-west-1',
  cluster: 'soak',
  role: 'arn:aws:iam::444455556666:role/drawbridge-soak',
} as const;
const AMBIENT = 'arn:aws:sts::111122223333:assumed-role/drawbridge-gateway/proxy-0';
const GROUP = 'drawbridge-gateway';
/** A list of them takes long enough to be left in the middle. */
const LARGE_OBJECTS = 24;
const LARGE_BYTES = 100_000;

export const POD = 'web-0';
const core = '/api/v1/namespaces/payments';

type ClusterParts = Pick<SoakCluster, 'aws' | 'authenticator' | 'controlPlane'>;

/** AWS, an API server that knows callers by their EKS tokens, and what agents look at in it. */
export class SoakCluster {
  readonly aws: DemoAws;
  readonly authenticator: EksAuthenticator;
  readonly controlPlane: ControlPlane;
  readonly admin: ClusterAdmin;

  private constructor({ aws, authenticator, controlPlane }: ClusterParts) {
    const { kubeconfig, certificateAuthority } = controlPlane;
    this.aws = aws;
    this.authenticator = authenticator;
    this.controlPlane = controlPlane;
    this.admin = new ClusterAdmin(kubeconfig, certificateAuthority);
  }

  static async start(directory: string): Promise<SoakCluster> {
    const aws = await startAws();
    const authenticator = await EksAuthenticator.start({
      clusterName: eks.cluster,
      region: eks.region,
      sts: aws.endpoint,
      accessEntries: [
        { roleArn: eks.role, username: 'drawbridge:{{SessionName}}', groups: [GROUP] },
      ],
    });
    const webhook = join(directory, 'authenticator.kubeconfig');
    writeFileSync(webhook, authenticator.kubeconfig);
    const controlPlane = await startControlPlane({
      apiserverArguments: [
        `--authentication-token-webhook-config-file=${webhook}`,
        '--authentication-token-webhook-version=v1',
        '--authentication-token-webhook-cache-ttl=0s',
      ],
    });
    const cluster = new SoakCluster({ aws, authenticator, controlPlane });
    await cluster.#fill();
    return cluster;
  }

  async stop(): Promise<void> {
    this.admin.close();
    await this.controlPlane.stop();
    await this.authenticator.close();
    await this.aws.close();
  }

  async #fill(): Promise<void> {
    const { admin } = this;
    await admin.create('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
      metadata: { name: GROUP },
      roleRef: {
        apiGroup: 'rbac.authorization.k8s.io',
        kind: 'ClusterRole',
        name: 'cluster-admin',
      },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: GROUP }],
    });
    await admin.create('/api/v1/namespaces', { metadata: { name: 'payments' } });
    for (const name of ['settings', 'limits', 'other', 'secret-plans']) {
      await admin.create(`${core}/configmaps`, { metadata: { name }, data: { name } });
    }
    const annotations = { filling: 'x'.repeat(LARGE_BYTES) };
    for (let index = 0; index < LARGE_OBJECTS; index += 1) {
      const metadata = { name: `large-${index}`, annotations };
      await admin.create(`${core}/podtemplates`, { metadata, template });
    }
    await eventually(() => admin.read(`${core}/serviceaccounts/default`));
    await admin.create(`${core}/pods`, { metadata: { name: POD }, spec: template.spec });
    await eventually(
      async () => {
        const pod = JSON.stringify(await admin.read(`${core}/pods/${POD}`));
        if (!pod.includes('"phase":"Running"')) throw new Error('not running yet');
      },
      { timeoutMs: 120_000 },
    );
  }
}

const template = {
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [{ name: 'app', image: 'checkout:1', stdin: true }],
  },
};

const trust: TrustPolicy = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::111122223333:role/drawbridge-gateway' },
      Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'],
    },
  ],
};

const startAws = (): Promise<DemoAws> =>
  DemoAws.start({
    region: eks.region,
    ambientArn: AMBIENT,
    roles: [{ arn: eks.role, trustPolicy: trust }],
  });
