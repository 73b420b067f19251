/* eslint-disable @typescript-eslint/no-unsafe-class-instance-assignment --
   the models of client-node are plain data, which its own code makes by no constructor either */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CoreV1Api,
  KubeConfig,
  KubernetesObjectApi,
  loadAllYaml,
  RbacAuthorizationV1Api,
} from '@kubernetes/client-node';
import { repositoryRoot, startControlPlane, type ControlPlane } from '@drawbridge/testing';

/** An object as YAML has it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [member: string]: unknown;
}

/** A real control plane with RBAC, and everything in it that the administrator of a test may do. */
export interface ClusterUnderTest {
  readonly controlPlane: ControlPlane;
  readonly core: CoreV1Api;
  readonly rbac: RbacAuthorizationV1Api;
  /** Creates what files of `infra/kubernetes` hold. */
  applyShipped(...files: string[]): Promise<void>;
  create(...objects: readonly Manifest[]): Promise<void>;
  /** Token of the service account `gateway` of namespace `drawbridge`. */
  gatewayToken(): Promise<string>;
  /** Names of what we have made there: `Role payments/drawbridge-…`. */
  made(selector?: string): Promise<string[]>;
  stop(): Promise<void>;
}

export async function startClusterUnderTest(
  options: Parameters<typeof startControlPlane>[0] = {},
): Promise<ClusterUnderTest> {
  const controlPlane = await startControlPlane(options);
  const config = new KubeConfig();
  config.loadFromFile(controlPlane.kubeconfig);
  const core = config.makeApiClient(CoreV1Api);
  const rbac = config.makeApiClient(RbacAuthorizationV1Api);
  const objects = KubernetesObjectApi.makeApiClient(config);
  const create = async (...all: readonly Manifest[]) => {
    for (const object of all) await objects.create(object);
  };
  return {
    controlPlane,
    core,
    rbac,
    create,
    applyShipped: async (...files) => {
      for (const file of files) {
        const path = join(repositoryRoot(), 'infra/kubernetes', file);
        await create(...(loadAllYaml(await readFile(path, 'utf8')) as Manifest[]));
      }
    },
    gatewayToken: async () => {
      const body = { spec: { audiences: [], expirationSeconds: 3_600 } };
      const named = { name: 'gateway', namespace: 'drawbridge' };
      const { status } = await core.createNamespacedServiceAccountToken({ ...named, body });
      return status?.token ?? '';
    },
    made: (selector) => made(rbac, selector),
    stop: () => controlPlane.stop(),
  };
}

async function made(
  rbac: RbacAuthorizationV1Api,
  labelSelector = 'app.kubernetes.io/managed-by=drawbridge',
): Promise<string[]> {
  const lists = {
    Role: await rbac.listRoleForAllNamespaces({ labelSelector }),
    RoleBinding: await rbac.listRoleBindingForAllNamespaces({ labelSelector }),
    ClusterRole: await rbac.listClusterRole({ labelSelector }),
    ClusterRoleBinding: await rbac.listClusterRoleBinding({ labelSelector }),
  };
  return Object.entries(lists).flatMap(([kind, { items }]) =>
    items.map(({ metadata }) => `${kind} ${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`),
  );
}
