import type { LoggerService } from '@nestjs/common';
import { connectWatched } from '@drawbridge/jetstream';
import type { Clock } from '@drawbridge/kernel';
import { natsOptions, type Closers } from '@drawbridge/runtime';
import { TokenVerifier } from '@drawbridge/token';
import { readClientAuthority, type ClientAuthority } from './certificates/client-authority.js';
import { handlerChain } from './chain/handler-chain.js';
import type { ProxyConfig } from './config.js';
import { DataPath } from './data-path.js';
import { AgentLimits } from './limits/agent-limits.js';
import { ConnectionCounter } from './limits/connection-counter.js';
import type { Environment } from './credentials/material.js';
import { followKnown, type Base, type Known, type Watched } from './follow-known.js';
import { gatewayServer } from './listener/gateway-server.js';
import { TicketKeys } from './listener/ticket-keys.js';
import { readServerCertificate } from './listener/server-certificate.js';
import { openRecorder, type CallRecorder } from './nats/open-recorder.js';
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
  const parts = { ...base, watch, ...(await followKnown({ ...base, watch }, closers)) };
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
    bodyPiecesNotStored: parts.bodies.store.failures,
    clockOffsetMs: parts.watch.offsetMs,
  });
  return { dataPath, checks, figures };
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
