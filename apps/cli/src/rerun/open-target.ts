import { ConfigurationError, loadConfiguration } from '@drawbridge/configuration';
import { seenResources, type Bundle, type RerunTarget } from '@drawbridge/replay';
import { CliError } from '../cli-error.js';
import { clusterCaller } from './call-cluster.js';
import { clusterAccess } from './cluster-access.js';
import {
  refuseGateway,
  refuseProductionAddress,
  refuseProductionLabels,
  refuseProductionNames,
  type KnownConnection,
} from './refuse-production.js';

export interface TargetOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly config?: string;
  readonly yes?: true;
}

/** Where calls are made again; to be closed. */
export interface OpenTarget {
  readonly target: RerunTarget;
  /** In words. */
  readonly where: string;
  close(): Promise<void>;
}

/** @throws CliError */
export function openTarget(options: TargetOptions, bundle: Bundle): Promise<OpenTarget> {
  const { kubeconfig, context, config, yes } = options;
  if (kubeconfig !== undefined && context !== undefined) {
    return openCluster({ ...options, kubeconfig, context }, bundle);
  }
  if (kubeconfig === undefined && context === undefined && config === undefined && yes !== true) {
    return openSandbox(bundle);
  }
  const message = '--kubeconfig and --context: expected both, so that no other cluster is meant';
  throw new CliError('usage_invalid', message);
}

/** In memory, without controllers: it changes by the calls, and by what the record says of others. */
async function openSandbox({ calls }: Bundle): Promise<OpenTarget> {
  const { startSandboxCluster } = await import('@drawbridge/sandbox-cluster');
  const cluster = await startSandboxCluster({
    controllers: false,
    customResources: seenResources(calls),
  });
  const call = clusterCaller({
    server: new URL(cluster.address),
    ca: cluster.certificateAuthority,
    token: cluster.adminToken,
  });
  return {
    target: { call, world: cluster.objects },
    where: 'an empty sandbox',
    close: () => cluster.close(),
  };
}

async function openCluster(
  {
    kubeconfig,
    context,
    config,
    yes,
  }: TargetOptions & { readonly kubeconfig: string; readonly context: string },
  { manifest: { connection, environment = '' } }: Bundle,
): Promise<OpenTarget> {
  const access = await clusterAccess(kubeconfig, context);
  const own: KnownConnection = { name: connection, environment };
  const connections = [own, ...(await connectionsIn(config))];
  refuseProductionNames(access, connections);
  await refuseProductionAddress(access, connections);
  const call = clusterCaller(access);
  await refuseGateway(access, call);
  await refuseProductionLabels(call);
  return {
    target: { call, isReadOnly: yes !== true },
    where: `context ${context}, ${access.server.origin}`,
    close: () => Promise.resolve(),
  };
}

async function connectionsIn(directory: string | undefined): Promise<readonly KnownConnection[]> {
  if (directory === undefined) return [];
  const { connections } = await loadConfiguration(directory, { only: ['Connection'] }).catch(
    (cause: unknown): never => {
      if (!(cause instanceof ConfigurationError)) throw cause;
      throw new CliError('policy_invalid', cause.message, { cause });
    },
  );
  return connections.map(({ metadata, spec }) => ({
    ...{ name: metadata.name, environment: spec.environment, server: spec.server },
  }));
}
