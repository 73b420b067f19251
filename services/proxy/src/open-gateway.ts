import type { LoggerService } from '@nestjs/common';
import { watchConfiguration, type Configuration } from '@drawbridge/configuration';
import { connectWatched, type ClockWatch, type JetStreamConnection } from '@drawbridge/jetstream';
import type { Clock } from '@drawbridge/kernel';
import { natsOptions, type Closers } from '@drawbridge/runtime';
import { TokenVerifier } from '@drawbridge/token';
import { readClientAuthority, type ClientAuthority } from './certificates/client-authority.js';
import type { LostGroups } from './chain/authorize-call.js';
import type { Uses } from './chain/count-use.js';
import { handlerChain } from './chain/handler-chain.js';
import { hostsOf, type ProxyConfig } from './config.js';
import { DataPath } from './data-path.js';
import { AgentLimits } from './limits/agent-limits.js';
import { ConnectionCounter } from './limits/connection-counter.js';
import { Connectors } from './connector/connectors.js';
import { Maskers } from './masking/maskers.js';
import { followMaskKeys, readMaskKeys } from './masking/mask-keys-file.js';
import { GuardrailsInForce } from './guard/guardrails-in-force.js';
import { openHolds, type Holds } from './hold/open-holds.js';
import { OpenGrants } from './domain/open-grants.js';
import { AwsClients } from './credentials/eks/aws-clients.js';
import type { Environment } from './credentials/material.js';
import { KubeSecretReader } from './credentials/secret-reader.js';
import { IdentityModes } from './identity-modes/identity-modes.js';
import { instanceOf } from './identity-modes/instance.js';
import { KubeConnections } from './upstream/kube-connections.js';
import { GatewayHosts } from './gateway-hosts.js';
import { gatewayServer } from './listener/gateway-server.js';
import { TicketKeys } from './listener/ticket-keys.js';
import { readServerCertificate } from './listener/server-certificate.js';
import { followGrants, type GrantFollower } from './nats/follow-grants.js';
import { openRecorder, type CallRecorder } from './nats/open-recorder.js';
import { openUses } from './nats/open-uses.js';
import { Trust } from './nats/trust.js';
import { LiveCalls } from './streams/live-calls.js';
import { startSweeper } from './sweeper.js';
import type { WorkerSeat } from './workers/worker-seat.js';

/** How long records may take to reach the bus when the gateway stops. */
const FLUSH_MS = 5_000;
/** How long a wrong clock is borne before calls are refused: until then grants end by the later time. */
const CLOCK_WRONG_MS = 10_000;

export interface GatewayDependencies {
  readonly logger: LoggerService;
  readonly clock?: Clock;
  /** Where credentials with an `environmentVariable` find it. @default none */
  readonly environment?: Environment;
  /** Instead of the record on stream `COMMANDS`: to measure what recording costs, and for nothing else. */
  readonly recorder?: CallRecorder;
  /** What this worker shares with others. @default it is the only one */
  readonly seat?: WorkerSeat;
}

/** One worker of the gateway: all that it takes to answer calls. Listens when its data path is started. */
export interface Gateway {
  readonly dataPath: DataPath;
  /** What must be so for it to be ready. */
  readonly checks: Readonly<Record<GatewayCheck, () => boolean>>;
  readonly figures: () => Readonly<Record<string, number>>;
}

export const gatewayChecks = ['nats', 'clock', 'grants', 'trust', 'recording', 'serving'] as const;
export type GatewayCheck = (typeof gatewayChecks)[number];

/**
 * Opens everything that one worker needs; `closers` closes it again, but for the data path.
 *
 * @throws `server_certificate_invalid`, `configuration_invalid`, or why NATS cannot be used
 */
export async function openGateway(
  config: ProxyConfig,
  dependencies: GatewayDependencies,
  closers: Closers,
): Promise<Gateway> {
  const { logger, clock = () => new Date(), environment = {} } = dependencies;
  const maxSkewMs = config.MAX_CLOCK_SKEW_MS;
  const server = { name: 'proxy', ...natsOptions(config), maxSkewMs, clock, logger };
  const { connection, watch } = await connectWatched(server, closers);
  const base = { config, connection, logger, clock, environment, seat: dependencies.seat };
  const parts = { ...base, watch, ...(await follow({ ...base, watch }, closers)) };
  const { follower, trust } = parts;
  const recorder = dependencies.recorder ?? openRecorder(connection, logger);
  closers.add(async () => {
    const lost = await recorder.close(FLUSH_MS);
    if (lost > 0) logger.error({ msg: 'ended without recording the end of calls', lost });
  });
  const dataPath = await openDataPath(parts, {
    recorder,
    closers,
    draining: () => dataPath.draining,
  });
  const checks = {
    nats: () => connection.connected,
    clock: () => parts.watch.isRight,
    grants: () => follower.isCurrent(),
    trust: () => trust.bundle !== undefined,
    recording: () => recorder.healthy,
    serving: () => !dataPath.draining,
  };
  const figures = () => ({
    ...recorder.figures(),
    ...parts.connections.figures(),
    ...parts.connectors.figures(),
    callsHeld: parts.holds.room.size,
    clockOffsetMs: parts.watch.offsetMs,
  });
  return { dataPath, checks, figures };
}

interface Base {
  readonly config: ProxyConfig;
  readonly connection: JetStreamConnection;
  readonly logger: LoggerService;
  readonly clock: Clock;
  readonly environment: Environment;
  readonly seat: WorkerSeat | undefined;
}

interface Watched {
  readonly watch: ClockWatch;
}

interface Known {
  readonly uses: Uses & LostGroups;
  readonly grants: OpenGrants;
  readonly guardrails: GuardrailsInForce;
  readonly holds: Holds;
  readonly maskers: Maskers;
  readonly live: LiveCalls;
  readonly follower: GrantFollower;
  readonly trust: Trust;
  readonly connections: KubeConnections;
  readonly identities: IdentityModes;
  readonly hosts: GatewayHosts;
  readonly connectors: Connectors;
}

/** Opens everything that decisions are made of: clusters, grants, trust; and what ends live calls. */
async function follow(base: Base & Watched, closers: Closers): Promise<Known> {
  const { config, connection, logger, watch } = base;
  const live = new LiveCalls();
  const hosts = new GatewayHosts(hostsOf(config));
  const connectors = new Connectors({ connection, logger });
  closers.add(() => connectors.close());
  const connections = openConnections(base, connectors, closers);
  const grants = new OpenGrants();
  const believed: { trust?: Trust } = {};
  const holds = openHolds({ ...base, live, trust: () => believed.trust?.bundle }, closers);
  const kept = {
    grantEnded: (grantId: string) => {
      connections.grantEnded(grantId);
      holds.room.grantEnded(grantId);
    },
  };
  const follower = followGrants(connection, { grants, live, connections: kept, logger });
  closers.add(() => follower.close());
  const isCurrent = () => follower.isCurrent();
  const identities = new IdentityModes({
    instance: await instanceOf(connection, config.INSTANCE),
    isOpen: (grant) => grants.isOpen(grant),
    isCurrent,
    openUpstream: (document) => connections.openAsGateway(document),
    logger,
  });
  closers.add(() => identities.close());
  const guardrails = new GuardrailsInForce();
  const maskers = await openMaskers(base, closers);
  const made = { hosts, live, guardrails, holds, maskers, connections, identities, connectors };
  await followConfiguration(base, made, closers);
  const { trust, close } = await Trust.follow(connection, (bundle) => live.cutUntrusted(bundle));
  believed.trust = trust;
  closers.add(close);
  const busLostCutMs = config.BUS_LOST_CUT_SECONDS * 1_000;
  // By the later time, so that a grant ends at the earlier one.
  const clock = () => watch.latest();
  closers.add(startSweeper({ grants, live, connections: kept, isCurrent, busLostCutMs, clock }));
  const uses = openUses({ ...base, grants, live }, closers);
  return { grants, uses, ...made, follower, trust };
}

/** @throws `mask_keys_invalid` */
async function openMaskers({ config, logger }: Base, closers: Closers): Promise<Maskers> {
  const file = config.MASK_KEYS_FILE;
  const keys = await readMaskKeys(file);
  const maskers = new Maskers(keys);
  const onChange = (changed: typeof keys) => maskers.takeKeys(changed);
  closers.add(followMaskKeys({ file, keys, onChange, logger }));
  return maskers;
}

function openConnections(
  { config, logger, environment, clock }: Base,
  connectors: Connectors,
  closers: Closers,
): KubeConnections {
  const aws = new AwsClients();
  closers.add(() => aws.close());
  const secrets = new KubeSecretReader(config.KUBECONFIG_FILE);
  const connections = new KubeConnections({
    places: { environment, secrets, aws, logger },
    connectors: connectors.registry,
    clock,
  });
  closers.add(() => connections.close());
  return connections;
}

/** Keeps all that is made of Connection and Guardrail documents as the configuration has it. */
async function followConfiguration(
  { config, logger }: Base,
  {
    hosts,
    live,
    guardrails,
    holds,
    maskers,
    connections,
    identities,
    connectors,
  }: Omit<Known, 'grants' | 'uses' | 'follower' | 'trust'>,
  closers: Closers,
): Promise<void> {
  const replace = (configuration: Configuration) => {
    const documents = configuration.connections;
    // First what can refuse them: then all stays as it was.
    const maskNow = maskers.prepare(documents);
    guardrails.replace(configuration);
    maskNow();
    const shown = maskers.showingReleases;
    if (shown.length > 0) logger.warn({ msg: 'Helm releases are not masked', connections: shown });
    hosts.replace(documents);
    connectors.replace(documents);
    connections.replace(documents, (name) => live.cutConnection(name));
    identities.replace(documents);
  };
  const watcher = await watchConfiguration(config.CONFIG_DIR, {
    only: ['Connection', 'Guardrail'],
    onChange: (configuration) => {
      replace(configuration);
      holds.room.policyChanged(guardrails.rails.version);
      const { version } = guardrails.rails;
      const { length } = configuration.connections;
      logger.log({ msg: 'configuration changed', connections: length, guardrails: version });
    },
    onError: (error) => {
      logger.error({ msg: 'configuration not usable', err: error });
    },
  });
  closers.add(() => watcher.close());
  replace(watcher.current);
}

async function openDataPath(
  parts: Base & Known & Watched,
  { recorder, closers, draining }: DataPathParts,
): Promise<DataPath> {
  const { config, logger, clock, live, follower, trust, seat, connectors, watch } = parts;
  const files = { certFile: config.TLS_CERT_FILE, keyFile: config.TLS_KEY_FILE };
  const certificate = await readServerCertificate(files);
  const authority = await clientAuthorityOf(config);
  const clientAuthority = authority && { clientAuthority: authority.certificate };
  const isReady = () => follower.isCurrent() && trust.bundle !== undefined;
  const isClockWrong = () => watch.wrongForMs > CLOCK_WRONG_MS;
  const gateway = gatewayServer({
    certificate,
    ...clientAuthority,
    clock,
    logger,
    ticketKeys:
      seat?.ticketKeys ?? ownTicketKeys(closers, (keys) => dataPath.renewTicketKeys(keys)),
    connections: new ConnectionCounter({
      maxConnections: config.MAX_CONNECTIONS,
      maxPerAddress: config.MAX_CONNECTIONS_PER_ADDRESS,
      ...(seat !== undefined && { memory: seat.addresses, worker: seat.index }),
    }),
    protocols: connectors.protocols,
    handle: handlerChain({
      ...parts,
      authority,
      recorder,
      latest: () => watch.latest(),
      earliest: () => watch.earliest(),
      readiness: { isReady, isClockWrong, isDraining: draining },
      verifier: new TokenVerifier(
        () => trust.bundle,
        clock,
        () => trust.refresh(),
      ),
      limits: new AgentLimits({
        rate: { perSecond: config.AGENT_CALLS_PER_SECOND, burst: config.AGENT_BURST },
        maxCalls: config.AGENT_MAX_CALLS,
        maxStreams: config.AGENT_MAX_STREAMS,
        ...(seat !== undefined && { memory: seat.agents, worker: seat.index }),
      }),
    }),
  });
  const dataPath = new DataPath({
    ...gateway,
    drain: () => {
      gateway.drain();
      connectors.drain(() => live.size === 0);
    },
    host: config.HTTPS_HOST,
    port: seat?.port ?? config.HTTPS_PORT,
    reusePort: seat !== undefined,
    followed: { files, certificate, ...clientAuthority, logger },
    live,
  });
  return dataPath;
}

/** @throws `client_authority_invalid` */
async function clientAuthorityOf(config: ProxyConfig): Promise<ClientAuthority | undefined> {
  const { CLIENT_CA_CERT_FILE: certFile, CLIENT_CA_KEY_FILE: keyFile } = config;
  if (certFile === undefined && keyFile === undefined) return undefined;
  return readClientAuthority({ certFile: certFile ?? '', keyFile: keyFile ?? '' });
}

interface DataPathParts {
  readonly recorder: CallRecorder;
  readonly closers: Closers;
  readonly draining: () => boolean;
}

function ownTicketKeys(closers: Closers, onRotate: (keys: Buffer) => void): Buffer {
  const keys = new TicketKeys(onRotate);
  closers.add(() => keys.stop());
  return keys.current;
}
