/* eslint-disable @typescript-eslint/no-unsafe-class-instance-assignment --
   the models of client-node are plain data, which its own code makes by no constructor either */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KubeConfig, RbacAuthorizationV1Api } from '@kubernetes/client-node';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually, startControlPlane, type ControlPlane } from '@drawbridge/testing';
import { startGateway, statusOf, type Gateway } from '../gateway-under-test.js';
import {
  CLUSTER,
  EXTERNAL_ID,
  REGION,
  ROLE,
  startEks,
  type EksUnderTest,
} from './eks-under-test.js';

const GROUP = 'drawbridge-gateway';
let eks: EksUnderTest;
let cluster: ControlPlane;
let gateway: Gateway;
let directory: string;

const eksCredential = (externalId: string) =>
  [
    'type: eks',
    `clusterName: ${CLUSTER}`,
    `region: ${REGION}`,
    `roleArn: ${ROLE}`,
    `externalId: ${externalId}`,
    'durationSeconds: 900',
  ].join('\n');

/** What EKS has as an access entry with a Kubernetes group. */
async function bindGroup({ kubeconfig }: ControlPlane): Promise<void> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  await config.makeApiClient(RbacAuthorizationV1Api).createClusterRoleBinding({
    body: {
      metadata: { name: GROUP },
      roleRef: {
        apiGroup: 'rbac.authorization.k8s.io',
        kind: 'ClusterRole',
        name: 'cluster-admin',
      },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: GROUP }],
    },
  });
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-eks-'));
  const clusters = [{ name: CLUSTER, endpoint: '', certificateAuthority: '', describedBy: [ROLE] }];
  eks = await startEks({ groups: [GROUP], clusters });
  const webhook = join(directory, 'authenticator.kubeconfig');
  await writeFile(webhook, eks.authenticator.kubeconfig);
  cluster = await startControlPlane({
    apiserverArguments: [
      `--authentication-token-webhook-config-file=${webhook}`,
      '--authentication-token-webhook-version=v1',
      '--authentication-token-webhook-cache-ttl=0s',
    ],
  });
  const { server, certificateAuthority } = cluster;
  Object.assign(clusters[0] ?? {}, { endpoint: server, certificateAuthority });
  await bindGroup(cluster);
  const at = { server, certificateAuthority };
  gateway = await startGateway({
    connections: [
      { ...at, name: 'prod-eks', credential: eksCredential(EXTERNAL_ID) },
      { ...at, name: 'wrong', credential: eksCredential('not-the-external-id') },
      { name: 'looked-up', credential: eksCredential(EXTERNAL_ID) },
    ],
    variables: { AGENT_CALLS_PER_SECOND: '1000', AGENT_BURST: '1000' },
  });
});

afterAll(async () => {
  await gateway.close();
  await cluster.stop();
  await eks.close();
  await rm(directory, { recursive: true, force: true });
});

beforeEach(() => {
  eks.aws.fault = undefined;
  eks.aws.sessionSeconds = undefined;
  eks.authenticator.reviewed.length = 0;
  eks.aws.calls.length = 0;
});

let agents = 0;
/** An agent of its own with a grant, so that it gets a session of its own. */
async function agentOn(connection: string) {
  agents += 1;
  const subject = `agent-${agents}`;
  const { grantId } = await gateway.grant({ connection, subject });
  const token = gateway.issuer.token({ sub: subject });
  const list = () => gateway.call(`/connections/${connection}/api/v1/namespaces`, { token });
  const listed = async () => {
    const answer = await list();
    expect(answer.status, answer.body).toBe(200);
    return answer;
  };
  return { subject, grantId, list, listed };
}

describe('an EKS cluster behind the gateway', () => {
  it('knows every call by the session of its agent and grant', async () => {
    const { subject, grantId, listed } = await agentOn('prod-eks');
    await eventually(listed);
    expect((await listed()).body).toContain('"kube-system"');
    expect(eks.authenticator.reviewed.at(-1)).toMatchObject({
      username: `drawbridge:${subject}@${grantId}`,
      refusal: '',
    });
  });

  it('is found by its name', async () => {
    const { listed } = await agentOn('looked-up');
    await eventually(listed);
    const actions = eks.aws.calls.map(({ action }) => action);
    expect(actions).toContain('DescribeCluster');
  });

  // A machine that stalls for longer than they are renewed ahead is not what this is about.
  it('refuses no call while sessions and tokens end and are renewed', { retry: 3 }, async () => {
    eks.aws.sessionSeconds = 6;
    const { listed } = await agentOn('prod-eks');
    await eventually(listed);
    eks.authenticator.reviewed.length = 0;
    const { reviewed } = eks.authenticator;
    const tokens = () => new Set(reviewed.map(({ token }) => token)).size;
    while (tokens() < 4) await Promise.all([listed(), listed(), listed()]);
    expect(reviewed.filter(({ refusal }) => refusal !== '')).toStrictEqual([]);
  });

  it('is reached on while STS is down, until the session ends; then the refusal is clear', async () => {
    eks.aws.sessionSeconds = 8;
    const { list, listed } = await agentOn('prod-eks');
    await eventually(listed);
    const startedAt = Date.now();
    eks.aws.fault = 'no answer';
    await sleep(3_000);
    await listed();
    await sleep(Math.max(0, startedAt + 8_000 - Date.now()));
    const refusal = statusOf(await list());
    expect(refusal).toMatchObject({ code: 503, cause: 'credential_unavailable' });
    eks.aws.fault = undefined;
    await eventually(listed);
  });

  it('that refuses a token gets another one with the next call', async () => {
    const { list, listed } = await agentOn('prod-eks');
    await eventually(listed);
    const { token = '' } = eks.authenticator.reviewed.at(-1) ?? {};
    eks.authenticator.revoked.add(token);
    // The API server believes a token for ten seconds that it has asked about.
    const refusedByCluster = async () =>
      expect((await list()).body).toContain('upstream_credential_refused');
    await eventually(refusedByCluster);
    await listed();
    expect(eks.authenticator.reviewed.at(-1)?.token).not.toBe(token);
  });

  it('is not reached with a wrong external id, and the log alone says why', async () => {
    const { list } = await agentOn('wrong');
    const refusal = await eventually(async () => {
      const status = statusOf(await list());
      expect(status.cause).toBe('credential_unavailable');
      return status;
    });
    expect(JSON.stringify(refusal)).not.toMatch(/AccessDenied|arn:|sts/i);
    expect(gateway.log.join('')).toMatch(/AssumeRole of arn:[^ ]+ failed \(AccessDenied, 403\)/);
  });
});

describe('T20 the secrets of AWS', () => {
  it('are in no log line and no record', async () => {
    const all = gateway.log.join('') + JSON.stringify(await gateway.records());
    expect(all.length).toBeGreaterThan(10_000);
    expect(all).not.toContain('canary-');
    expect(all).not.toContain('k8s-aws-v1.');
    expect(all).not.toContain(eks.aws.ambient.secretAccessKey);
  });
});
