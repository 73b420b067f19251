import type { LoggerService } from '@nestjs/common';
import { watchConfiguration } from '@drawbridge/configuration';
import {
  connectJetStream,
  requireStreams,
  type AccessFollower,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import type { Clock } from '@drawbridge/kernel';
import {
  closeOnFailure,
  createHttpApp,
  natsOptions,
  startHttpApp,
  type Closers,
  type HealthChecks,
  type RunningService,
} from '@drawbridge/runtime';
import { TokenVerifier } from '@drawbridge/token';
import { handlerChain } from './chain/handler-chain.js';
import { hostsOf, type ProxyConfig } from './config.js';
import { DataPath } from './data-path.js';
import { AgentLimits } from './limits/agent-limits.js';
import { OpenGrants } from './domain/open-grants.js';
import { AwsClients } from './credentials/eks/aws-clients.js';
import type { Environment } from './credentials/material.js';
import { KubeSecretReader } from './credentials/secret-reader.js';
import { KubeConnections } from './kube/kube-connections.js';
import { GatewayHosts } from './gateway-hosts.js';
import { gatewayServer } from './listener/gateway-server.js';
import { readServerCertificate } from './listener/server-certificate.js';
import { followGrants } from './nats/follow-grants.js';
import { openRecorder, type CallRecorder } from './nats/open-recorder.js';
import { Trust } from './nats/trust.js';
import { ProxyModule } from './proxy.module.js';
import { LiveCalls } from './streams/live-calls.js';
import { startSweeper } from './sweeper.js';

/** How long records may take to reach the bus when the gateway stops. */
const FLUSH_MS = 5_000;

export interface ProxyDependencies {
  readonly logger: LoggerService;
  readonly clock?: Clock;
  /** Where credentials with an `environmentVariable` find it. @default none */
  readonly environment?: Environment;
  /** Instead of the record on stream `COMMANDS`: to measure what recording costs, and for nothing else. */
  readonly recorder?: CallRecorder;
}

/**
 * Starts the gateway. Resolves when it listens; until it knows all grants and the trust bundle, `/readyz` says
 * so and calls are refused with `proxy_not_ready`.
 *
 * @throws `server_certificate_invalid`, `configuration_invalid`, or why NATS cannot be used
 */
export async function startProxy(
  config: ProxyConfig,
  { logger, clock = () => new Date(), environment = {}, recorder }: ProxyDependencies,
): Promise<RunningService> {
  return closeOnFailure(async (closers) => {
    const connection = await connectJetStream({ ...natsOptions(config), name: 'proxy' });
    closers.add(() => connection.close());
    await requireStreams(connection);
    const base = { config, connection, logger, clock, environment, recorder };
    const known = await follow(base, closers);
    const addresses = await listen({ ...base, ...known }, closers);
    return { name: 'proxy', addresses, close: () => closers.close() };
  });
}

interface Base {
  readonly config: ProxyConfig;
  readonly connection: JetStreamConnection;
  readonly logger: LoggerService;
  readonly clock: Clock;
  readonly environment: Environment;
  readonly recorder: CallRecorder | undefined;
}

interface Known {
  readonly grants: OpenGrants;
  readonly live: LiveCalls;
  readonly follower: AccessFollower;
  readonly trust: Trust;
  readonly connections: KubeConnections;
  readonly hosts: GatewayHosts;
}

/** Opens everything that decisions are made of: clusters, grants, trust; and what ends live calls. */
async function follow(base: Base, closers: Closers): Promise<Known> {
  const { config, connection, logger, clock } = base;
  const live = new LiveCalls();
  const hosts = new GatewayHosts(hostsOf(config));
  const connections = await followConnections({ ...base, hosts }, live, closers);
  const grants = new OpenGrants();
  const follower = followGrants(connection, { grants, live, connections, logger });
  closers.add(() => follower.close());
  const { trust, close } = await Trust.follow(connection, (bundle) => live.cutUntrusted(bundle));
  closers.add(close);
  const isCurrent = () => follower.isCurrent();
  const busLostCutMs = config.BUS_LOST_CUT_SECONDS * 1_000;
  closers.add(startSweeper({ grants, live, isCurrent, busLostCutMs, clock }));
  return { grants, live, follower, trust, connections, hosts };
}

async function followConnections(
  { config, logger, environment, hosts }: Base & Pick<Known, 'hosts'>,
  live: LiveCalls,
  closers: Closers,
): Promise<KubeConnections> {
  const aws = new AwsClients();
  closers.add(() => aws.close());
  const secrets = new KubeSecretReader(config.KUBECONFIG_FILE);
  const connections = new KubeConnections({ environment, secrets, aws, logger });
  closers.add(() => connections.close());
  const watcher = await watchConfiguration(config.CONFIG_DIR, {
    only: ['Connection'],
    onChange: ({ connections: documents, version }) => {
      hosts.replace(documents);
      connections.replace(documents, (name) => live.cutConnection(name));
      logger.log({ msg: 'connections changed', version, connections: documents.length });
    },
    onError: (error) => {
      logger.error({ msg: 'configuration not usable', err: error });
    },
  });
  closers.add(() => watcher.close());
  hosts.replace(watcher.current.connections);
  connections.replace(watcher.current.connections, () => undefined);
  return connections;
}

async function listen(parts: Base & Known, closers: Closers): Promise<Record<string, string>> {
  const { config, connection, logger, follower, trust } = parts;
  const recorder = parts.recorder ?? openRecorder(connection, logger);
  closers.add(async () => {
    const lost = await recorder.close(FLUSH_MS);
    if (lost > 0) logger.error({ msg: 'ended without recording the end of calls', lost });
  });
  const dataPath = await openDataPath(parts, recorder, () => dataPath.draining);
  const health: HealthChecks = {
    nats: () => connection.connected,
    grants: () => follower.isCurrent(),
    trust: () => trust.bundle !== undefined,
    recording: () => recorder.healthy,
    serving: () => !dataPath.draining,
  };
  const figures = () => recorder.figures();
  const app = await createHttpApp(ProxyModule.of(dataPath), { logger, health, figures });
  closers.add(() => app.close());
  const http = await startHttpApp(app, { host: config.HTTP_HOST, port: config.HTTP_PORT });
  return { http, https: dataPath.address };
}

async function openDataPath(
  parts: Base & Known,
  recorder: CallRecorder,
  isDraining: () => boolean,
): Promise<DataPath> {
  const { config, logger, clock, live, follower, trust } = parts;
  const files = { certFile: config.TLS_CERT_FILE, keyFile: config.TLS_KEY_FILE };
  const certificate = await readServerCertificate(files);
  const isReady = () => follower.isCurrent() && trust.bundle !== undefined;
  const gateway = gatewayServer({
    certificate,
    clock,
    logger,
    maxConnections: config.MAX_CONNECTIONS,
    maxConnectionsPerAddress: config.MAX_CONNECTIONS_PER_ADDRESS,
    handle: handlerChain({
      ...parts,
      recorder,
      readiness: { isReady, isDraining },
      verifier: new TokenVerifier(
        () => trust.bundle,
        clock,
        () => trust.refresh(),
      ),
      limits: new AgentLimits({
        rate: { perSecond: config.AGENT_CALLS_PER_SECOND, burst: config.AGENT_BURST },
        maxCalls: config.AGENT_MAX_CALLS,
        maxStreams: config.AGENT_MAX_STREAMS,
      }),
    }),
  });
  return new DataPath({
    ...gateway,
    host: config.HTTPS_HOST,
    port: config.HTTPS_PORT,
    followed: { files, certificate, logger },
    live,
  });
}
