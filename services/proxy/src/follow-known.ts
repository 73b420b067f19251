import type { LoggerService } from '@nestjs/common';
import { watchConfiguration, type Configuration } from '@drawbridge/configuration';
import type { ConnectionDocument } from '@drawbridge/contracts';
import { activityLog, type ClockWatch, type JetStreamConnection } from '@drawbridge/jetstream';
import type { Clock } from '@drawbridge/kernel';
import { OwnCallKeys, type Closers } from '@drawbridge/runtime';
import type { BodyKeeping } from './bodies/body-keeping.js';
import { openBodies } from './bodies/open-bodies.js';
import type { LostGroups } from './chain/authorize-call.js';
import type { Uses } from './chain/count-use.js';
import { hostsOf, type ProxyConfig } from './config.js';
import { Connectors } from './connector/connectors.js';
import { AwsClients } from './credentials/eks/aws-clients.js';
import type { Environment } from './credentials/material.js';
import { KubeSecretReader } from './credentials/secret-reader.js';
import { OpenGrants } from './domain/open-grants.js';
import { GatewayHosts } from './gateway-hosts.js';
import { GuardrailsInForce } from './guard/guardrails-in-force.js';
import { openHolds, type Holds } from './hold/open-holds.js';
import { IdentityModes } from './identity-modes/identity-modes.js';
import { instanceOf } from './identity-modes/instance.js';
import { followMaskKeys, readMaskKeys } from './masking/mask-keys-file.js';
import { Maskers } from './masking/maskers.js';
import { NameAnswers } from './nats/answer-names.js';
import { answerRunningSessions } from './nats/answer-running-sessions.js';
import { followGrants, type GrantFollower } from './nats/follow-grants.js';
import { GrantsInUse } from './nats/grants-in-use.js';
import { openUses } from './nats/open-uses.js';
import { Trust } from './nats/trust.js';
import { RecordingRules } from './recording/recording-rules.js';
import { LiveCalls } from './streams/live-calls.js';
import { startSweeper } from './sweeper.js';
import { KubeConnections } from './upstream/kube-connections.js';
import type { WorkerSeat } from './workers/worker-seat.js';

/** What a worker of the gateway is given. */
export interface Base {
  readonly config: ProxyConfig;
  readonly connection: JetStreamConnection;
  readonly logger: LoggerService;
  readonly clock: Clock;
  readonly environment: Environment;
  readonly seat: WorkerSeat | undefined;
}

/** Its clock, compared with that of NATS. */
export interface Watched {
  readonly watch: ClockWatch;
}

/** What its decisions are made of, always as it is now. */
export interface Known {
  readonly uses: Uses & LostGroups;
  readonly activity: GrantsInUse;
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
  readonly names: NameAnswers;
  readonly recording: RecordingRules;
  readonly bodies: BodyKeeping;
}

/** Opens everything that decisions are made of: clusters, grants, trust; and what ends live calls. */
export async function followKnown(base: Base & Watched, closers: Closers): Promise<Known> {
  const { config, connection, logger, watch } = base;
  const live = new LiveCalls();
  closers.add(answerRunningSessions(connection, live));
  const hosts = new GatewayHosts(hostsOf(config));
  const connectors = new Connectors({ connection, logger });
  closers.add(() => connectors.close());
  const connections = openConnections(base, connectors, closers);
  const grants = new OpenGrants();
  const believed: { trust?: Trust } = {};
  const holds = openHolds({ ...base, live, trust: () => believed.trust?.bundle }, closers);
  const isOpen: OpenGrants['isOpen'] = (grant) => grants.isOpen(grant);
  const activity = new GrantsInUse({ note: activityLog(connection), isOpen, logger });
  closers.add(() => activity.close());
  const kept = {
    grantEnded: (grantId: string) => {
      activity.grantEnded(grantId);
      connections.grantEnded(grantId);
      holds.room.grantEnded(grantId);
    },
  };
  const follower = followGrants(connection, { grants, live, connections: kept, logger });
  closers.add(() => follower.close());
  const isCurrent = () => follower.isCurrent();
  const identities = new IdentityModes({
    instance: await instanceOf(connection, config.INSTANCE),
    isOpen,
    isCurrent,
    openUpstream: (document) => connections.openAsGateway(document),
    logger,
  });
  closers.add(() => identities.close());
  const guardrails = new GuardrailsInForce();
  const maskers = await openMaskers(base, closers);
  const openUpstream = (document: ConnectionDocument) => connections.openAsGateway(document);
  const names = new NameAnswers({ connection, openUpstream, logger });
  closers.add(() => names.close());
  const ways = { connections, identities, connectors, names };
  const recording = new RecordingRules();
  const made = { hosts, live, guardrails, holds, maskers, recording, ...ways };
  await followConfiguration(base, made, closers);
  const { trust, close } = await Trust.follow(connection, (bundle) => live.cutUntrusted(bundle));
  believed.trust = trust;
  closers.add(close);
  const busLostCutMs = config.BUS_LOST_CUT_SECONDS * 1_000;
  // By the later time, so that a grant ends at the earlier one.
  const clock = () => watch.latest();
  closers.add(startSweeper({ grants, live, connections: kept, isCurrent, busLostCutMs, clock }));
  const uses = openUses({ ...base, grants, live }, closers);
  const bodies = openBodies(base, closers);
  return { grants, uses, activity, ...made, bodies, follower, trust };
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
    ownCalls: ownCallKeysOf(config),
  });
  closers.add(() => connections.close());
  return connections;
}

function ownCallKeysOf({ OWN_CALL_KEYS_FILE: file }: ProxyConfig): OwnCallKeys | undefined {
  return file === undefined ? undefined : OwnCallKeys.read('OWN_CALL_KEYS_FILE', file);
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
    recording,
    connections,
    identities,
    connectors,
    names,
  }: Omit<Known, 'grants' | 'uses' | 'activity' | 'bodies' | 'follower' | 'trust'>,
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
    names.replace(documents);
    recording.replace(documents);
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
