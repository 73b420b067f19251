import { copyFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { CommandRecord } from '@drawbridge/contracts';
import { eventually, nativeTool, repositoryRoot } from '@drawbridge/testing';
import { agentKubeconfig, kubectlWith, type Kubectl } from '../agent-kubeconfig.js';
import { startClusterUnderTest, type ClusterUnderTest } from '../cluster-under-test.js';
import { startGateway, type Answer, type Gateway } from '../gateway-under-test.js';

/** A real control plane behind a gateway with the shipped guardrails, and an agent whose grant allows everything. */
export interface GuardedGateway {
  readonly cluster: ClusterUnderTest;
  readonly gateway: Gateway;
  readonly kubectl: Kubectl;
  call(method: string, path: string, body?: GuardedBody): Promise<Answer>;
  /** Puts a document beside the shipped ones, and waits until it is in force or refused. */
  configure(file: string, yaml: string): Promise<void>;
  /** The newest record of a call whose path ends so. */
  recordOf(path: string): Promise<CommandRecord & { type: 'CommandStarted' | 'CommandRefused' }>;
  close(): Promise<void>;
}

export interface GuardedBody {
  readonly type?: string;
  readonly text: string | Buffer;
}

const PREFIX = '/connections/prod';

export async function startGuardedGateway(
  options?: Parameters<typeof startClusterUnderTest>[0],
): Promise<GuardedGateway> {
  const cluster = await startClusterUnderTest(options);
  await cluster.applyShipped('gateway-account.yaml');
  await cluster.create(everythingForTheGateway, namespace('payments'));
  const { server, certificateAuthority } = cluster.controlPlane;
  const gateway = await startGateway({
    connections: [
      { name: 'prod', server, certificateAuthority, credential: 'type: bearerToken\nfile: token' },
    ],
  });
  await writeFile(join(gateway.directory, 'token'), await cluster.gatewayToken());
  await gateway.grant();
  await shipGuardrails(gateway);
  const agent = { subject: 'agent-oncall', connection: 'prod' };
  const kubeconfig = await agentKubeconfig(gateway, agent);
  return {
    cluster,
    gateway,
    kubectl: kubectlWith(await nativeTool('kubectl'), kubeconfig),
    call: (method, path, body) =>
      gateway.call(`${PREFIX}${path}`, {
        method,
        ...(body !== undefined && {
          body: body.text,
          headers: {
            'content-type': body.type ?? 'application/json',
            'content-length': String(Buffer.byteLength(body.text)),
          },
        }),
      }),
    configure: async (file, yaml) => {
      const before = gateway.log.length;
      await writeFile(join(gateway.directory, file), yaml);
      await eventually(() => {
        const said = gateway.log.slice(before).join('');
        expect(said).toMatch(/configuration (?:changed|not usable)/);
      });
    },
    recordOf: (path) => recordOf(gateway, path),
    close: async () => {
      await gateway.close();
      await cluster.stop();
    },
  };
}

/** By the hot reload: the gateway has started without any. */
async function shipGuardrails(gateway: Gateway): Promise<void> {
  const folder = join(repositoryRoot(), 'infra/guardrails');
  const files = await readdir(folder);
  for (const file of files.filter((name) => !name.endsWith('.test.yaml'))) {
    await copyFile(join(folder, file), join(gateway.directory, file));
  }
  await eventually(async () => {
    const answer = await gateway.call(`${PREFIX}/api/v1/nodes/none`, { method: 'DELETE' });
    expect(answer.headers['drawbridge-refusal']).toBe('guardrail_denied');
  });
}

async function recordOf(gateway: Gateway, path: string) {
  return eventually(async () => {
    const records = await gateway.records();
    const found = records.findLast((record) => 'path' in record && record.path.endsWith(path));
    if (found === undefined || found.type === 'CommandEnded') throw new Error(`none of ${path}`);
    return found;
  });
}

const namespace = (name: string) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });

const everythingForTheGateway = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name: 'gateway-everything' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
  subjects: [{ kind: 'ServiceAccount', namespace: 'drawbridge', name: 'gateway' }],
};
