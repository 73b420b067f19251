import type { LoggerService } from '@nestjs/common';
import type { TrustBundle } from '@drawbridge/contracts';
import { watchConfiguration, type ConfigurationWatcher } from '@drawbridge/configuration';
import {
  followTrustBundle,
  guardedBucket,
  MEMBERS_BUCKET,
  type EventFollower,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import type { Clock } from '@drawbridge/kernel';
import type { Closers } from '@drawbridge/runtime';
import type { IdentityConfig } from './config.js';
import { Directories } from './directory/directories.js';
import { OpenParties } from './directory/open-parties.js';
import { readMember } from './directory/read-member.js';
import { DisabledAgents } from './domain/disabled-agents.js';
import { answerTrustRefresh } from './nats/answer-trust-refresh.js';
import { followDisabled } from './nats/follow-disabled.js';
import { TrustPublisher } from './nats/trust-publisher.js';
import { fetchIssuerKeys } from './oidc/fetch-issuer-keys.js';
import { Trust } from './oidc/trust.js';

/** What every part of the service is started with. */
export interface Base {
  readonly config: IdentityConfig;
  readonly connection: JetStreamConnection;
  readonly logger: LoggerService;
  readonly clock: Clock;
}

/** The running trust: what is believed, whether it is published, and the configuration it follows. */
export interface Trusting {
  readonly trust: Trust;
  readonly publisher: TrustPublisher;
  readonly watcher: ConfigurationWatcher;
  readonly disabled: DisabledAgents;
  /** To be called when what is disabled has changed. */
  readonly applyDisabled: () => void;
  readonly disabledFollower: EventFollower;
  /** Whom open requests and grants depend on: to be told of every event. */
  readonly parties: OpenParties;
  /** To be started when it was told of all that there are. */
  readonly directories: Directories;
}

/** Reads, publishes and keeps the trust bundle. Resolves when every issuer has been tried once. */
export async function startTrust(base: Base, closers: Closers): Promise<Trusting> {
  const { config, connection, logger, clock } = base;
  let published: TrustBundle | undefined;
  const follower = await followTrustBundle(connection, (bundle) => {
    published = bundle;
  });
  closers.add(() => follower.close());
  const publisher = new TrustPublisher({
    connection,
    logger,
    publishedRevision: () => published?.revision ?? 0,
    onOvertaken: (revision) => trust.overtake(revision),
  });
  closers.add(() => publisher.close());
  const trust = new Trust({
    fetchKeys: fetchIssuerKeys,
    clock,
    logger,
    refreshCooldownMs: config.KEY_REFRESH_COOLDOWN_SECONDS * 1000,
    onBundle: (bundle) => publisher.publish(bundle),
    // Followed before anything else, so that the bundle of a former run is here by now.
    former: published,
  });
  closers.add(() => trust.close());
  const disabled = new DisabledAgents();
  const applyDisabled = () => trust.disable(disabled.list);
  const disabledFollower = followDisabled(connection, {
    disabled,
    onChange: applyDisabled,
    logger,
  });
  closers.add(() => disabledFollower.close());
  // Before anything is believed: who was disabled must not be believed for a moment by a new bundle.
  await disabledFollower.caughtUp;
  const parties = new OpenParties();
  const directories = openDirectories(base, parties);
  closers.add(() => directories.close());
  const watcher = await watchIssuers(base, { trust, directories });
  closers.add(() => watcher.close());
  directories.configure(watcher.current.issuers);
  await trust.configure(watcher.current.issuers);
  closers.add(answerTrustRefresh(connection, trust));
  const followed = { disabled, applyDisabled, disabledFollower };
  return { trust, publisher, watcher, ...followed, parties, directories };
}

const openDirectories = ({ connection, clock, logger }: Base, parties: OpenParties): Directories =>
  new Directories({
    parties,
    read: readMember,
    members: guardedBucket(connection, MEMBERS_BUCKET),
    clock,
    logger,
  });

function watchIssuers(
  { config, logger }: Base,
  { trust, directories }: Pick<Trusting, 'trust' | 'directories'>,
): Promise<ConfigurationWatcher> {
  return watchConfiguration(config.CONFIG_DIR, {
    only: ['Issuer'],
    // A removed issuer must be refused everywhere within a second, and reading it takes time as well.
    pollMs: 250,
    onChange: ({ issuers, version }) => {
      logger.log({ msg: 'issuers changed', version, issuers: issuers.length });
      // In force when this returns; the keys of new issuers are read in the background.
      void trust.configure(issuers);
      directories.configure(issuers);
    },
    onError: (error) => {
      logger.error({ msg: 'configuration not usable', err: error });
    },
  });
}
