import type { AccessEvent } from '@drawbridge/contracts';
import {
  accessEventStore,
  guardedBucket,
  OPEN_REQUESTS_BUCKET,
  stopEventStore,
} from '@drawbridge/jetstream';
import type { RecordedEvent } from '@drawbridge/kernel';
import { createHttpApp, startHttpApp, type Closers, type HealthChecks } from '@drawbridge/runtime';
import { TokenVerifier } from '@drawbridge/token';
import { Agents } from './agents.js';
import { AccessRequests } from './access-requests.js';
import { discover } from './discover.js';
import { RateLimit } from './domain/rate-limit.js';
import { apiDocument } from './http/api-document.js';
import type { Ingress } from './http/ingress.js';
import { IdentityModule } from './identity.module.js';
import { identityStatus } from './ingress-refused.js';
import { askPolicy } from './nats/ask-policy.js';
import { followViews, type ViewFollower } from './nats/follow-views.js';
import type { Base, Trusting } from './start-trust.js';
import { trustStatus } from './trust-status.js';
import { AccessViews } from './views/access-views.js';
import { OpenWaits } from './views/open-waits.js';

/** Calls of any kind that one caller may make; a waiting one counts once. */
const CALLS = { burst: 120, perMinute: 600 };
const SUBMISSION_BURST = 10;
const WAITS = { total: 2_000, perCaller: 20 };

interface Parts extends Base {
  readonly trusting: Trusting;
}

/** Starts the HTTP ingress and returns its address. */
export async function startIngress(parts: Parts, closers: Closers): Promise<string> {
  const { config, connection, logger } = parts;
  const views = new AccessViews();
  const { parties, directories } = parts.trusting;
  const onEvent = (recorded: RecordedEvent<AccessEvent>) => parties.apply(recorded);
  const follower = followViews(connection, { views, onEvent, logger });
  closers.add(() => follower.close());
  void follower.caughtUp.then(() => directories.start());
  const stopping = new AbortController();
  const address = { public: config.PUBLIC_URL ?? '' };
  const ingress: Ingress = {
    ...callersAndRequests(parts, views),
    agents: agentsOf(parts),
    views,
    follower,
    explain: askPolicy(connection),
    discovery: () => discover(config, address.public, parts.trusting.watcher.current.issuers),
    document: () => apiDocument(address.public),
    trust: () => trustStatus(parts.trusting),
    refreshTrust: async () => {
      const { trust } = parts.trusting;
      await Promise.all([trust.refresh(), directories.refresh()]);
    },
    adminGroups: config.ADMIN_GROUPS,
    stopping: stopping.signal,
  };
  const app = await createHttpApp(IdentityModule.of(ingress), {
    logger,
    statuses: identityStatus,
    health: healthChecks(parts, follower),
    figures: () => directories.figures(),
  });
  closers.add(async () => {
    stopping.abort();
    await app.close();
  });
  const listening = await startHttpApp(app, { host: config.HTTP_HOST, port: config.HTTP_PORT });
  if (config.PUBLIC_URL === undefined) address.public = listening;
  return listening;
}

function callersAndRequests({ config, connection, clock, trusting }: Parts, views: AccessViews) {
  const { trust } = trusting;
  const { REQUESTS_PER_MINUTE: perMinute, READER_GROUPS: readerGroups } = config;
  return {
    clock,
    readerGroups,
    verifier: new TokenVerifier(
      () => trust.bundle,
      clock,
      () => trust.refresh(),
    ),
    requests: new AccessRequests({
      store: accessEventStore(connection, 'identity'),
      views,
      openRequests: guardedBucket(connection, OPEN_REQUESTS_BUCKET),
      clock,
      readerGroups,
      maxOpenRequests: config.MAX_OPEN_REQUESTS,
    }),
    submissions: new RateLimit({ burst: Math.min(SUBMISSION_BURST, perMinute), perMinute }),
    calls: new RateLimit(CALLS),
    waits: new OpenWaits(WAITS),
  };
}

function agentsOf({ config, connection, clock, trusting }: Parts): Agents {
  const { trust, disabled, applyDisabled } = trusting;
  return new Agents({
    store: stopEventStore(connection, 'identity'),
    disabled,
    isTrusted: (name) => trust.health().some(({ issuer }) => issuer === name),
    onChange: applyDisabled,
    adminGroups: config.ADMIN_GROUPS,
    clock,
  });
}

/** One issuer that cannot be read makes nobody unready: see `GET /v1/trust`. */
function healthChecks(
  { connection, trusting: { trust, publisher, disabledFollower } }: Parts,
  follower: ViewFollower,
): HealthChecks {
  return {
    nats: () => connection.connected,
    accessRequests: () => follower.isCurrent(),
    stops: () => disabledFollower.isCurrent(),
    trust: () => trust.health().some(({ keys }) => keys > 0),
    trustPublished: () => publisher.published,
  };
}
