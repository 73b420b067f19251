import type { LoggerService } from '@nestjs/common';
import type { AccessEvent, Principal, TrustBundle } from '@drawbridge/contracts';
import {
  ACCESS_STREAM,
  guardedBucket,
  RATES_BUCKET,
  accessEventStore,
  connectWatched,
  type ClockWatch,
  followTrustBundle,
  JetStreamStrategy,
  storeInTime,
  USES_STREAM,
  useEventStore,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import type { Clock } from '@drawbridge/kernel';
import {
  closeOnFailure,
  createHttpApp,
  natsOptions,
  startHttpApp,
  type Closers,
  type RunningService,
} from '@drawbridge/runtime';
import type { PolicyConfig } from './config.js';
import { RequestHistory } from './domain/request-history.js';
import { Places } from './facts/places.js';
import { answerExplain } from './nats/answer-explain.js';
import { GrantClock } from './nats/grant-clock.js';
import { StopsInForce } from './nats/stops-in-force.js';
import { followPolicies, type PoliciesInForce } from './policies-in-force.js';
import { PolicyCommands } from './policy-commands.js';
import { PolicyModule } from './policy.module.js';

export interface PolicyDependencies {
  readonly logger: LoggerService;
  readonly clock?: Clock;
}

/** Starts the service that says what may be asked, and issues, takes back and expires grants. */
export async function startPolicy(
  config: PolicyConfig,
  { logger, clock = () => new Date() }: PolicyDependencies,
): Promise<RunningService> {
  return closeOnFailure(async (closers) => {
    const started: { grantClock?: GrantClock } = {};
    const policies = await followPolicies({
      directory: config.CONFIG_DIR,
      logger,
      onChange: () => started.grantClock?.recheck(),
    });
    closers.add(() => policies.close());

    const maxSkewMs = config.MAX_CLOCK_SKEW_MS;
    const server = { name: 'policy', ...natsOptions(config), maxSkewMs, clock, logger };
    const { connection, watch } = await connectWatched(server, closers);
    const stops = new StopsInForce(connection, {
      logger,
      onStop: () => started.grantClock?.recheck(),
    });
    closers.add(() => stops.close());
    await stops.caughtUp;
    const history = new RequestHistory();
    const commands = new PolicyCommands({
      store: storeInTime(accessEventStore(connection, 'policy'), watch, endsGrant),
      uses: useEventStore(connection, 'policy'),
      policies: () => policies.current(),
      isDisabled: await followDisabled(connection, closers),
      history: (...asked) => (started.grantClock?.isCurrent ? history.of(...asked) : undefined),
      places: new Places(guardedBucket(connection, RATES_BUCKET), clock),
      stops: () => stops.now(),
      clock,
      logger,
    });
    const grantClock = new GrantClock({
      ...{ connection, commands, stops, clock, logger },
      onEvent: (recorded) => history.apply(recorded),
    });
    started.grantClock = grantClock;
    closers.add(() => grantClock.close());

    closers.add(answerExplain(connection, commands, logger));
    const consumer = { connection, durable: 'policy', logger };
    const strategy = new JetStreamStrategy({ ...consumer, stream: ACCESS_STREAM });
    const uses = new JetStreamStrategy({ ...consumer, stream: USES_STREAM });
    const app = await createHttpApp(PolicyModule.with(commands), {
      logger,
      transports: [strategy, uses],
      bodyLimitBytes: 0,
      ...healthOf({ connection, watch, policies, stops, strategy, uses, grantClock }),
    });
    closers.add(() => app.close());
    const http = await startHttpApp(app, { host: config.HTTP_HOST, port: config.HTTP_PORT });
    return {
      name: 'policy',
      addresses: { http: config.PUBLIC_URL ?? http },
      close: () => closers.close(),
    };
  });
}

/** It is never too early for it. */
const endsGrant = ({ type }: AccessEvent): boolean =>
  type === 'GrantRevoked' || type === 'GrantEnded';

/** Without a trust bundle nobody is known to be disabled, and nobody's token is believed either. */
async function followDisabled(
  connection: JetStreamConnection,
  closers: Closers,
): Promise<(human: Principal) => boolean> {
  let trust: TrustBundle | undefined;
  const follower = await followTrustBundle(connection, (bundle) => (trust = bundle));
  closers.add(() => follower.close());
  return ({ issuer, subject }) =>
    trust?.issuers.some(
      (trusted) => trusted.issuer === issuer && trusted.disabledSubjects.includes(subject),
    ) ?? false;
}

interface Parts {
  readonly watch: ClockWatch;
  readonly connection: JetStreamConnection;
  readonly policies: PoliciesInForce;
  readonly stops: StopsInForce;
  readonly strategy: JetStreamStrategy;
  readonly uses: JetStreamStrategy;
  readonly grantClock: GrantClock;
}

const healthOf = ({ connection, watch, policies, stops, strategy, uses, grantClock }: Parts) => ({
  health: {
    nats: () => connection.connected,
    clock: () => watch.isRight,
    events: () => strategy.health().connected && uses.health().connected,
    grants: () => grantClock.isCurrent,
    stops: () => stops.isCurrent(),
    configuration: () => policies.areCurrent(),
  },
  figures: () => {
    const { pending, parked } = strategy.health();
    return {
      openGrants: grantClock.openGrants,
      pendingEvents: pending,
      parkedEvents: parked,
      clockOffsetMs: watch.offsetMs,
    };
  },
});
