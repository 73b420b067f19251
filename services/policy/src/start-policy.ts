import type { LoggerService } from '@nestjs/common';
import {
  ACCESS_STREAM,
  connectWatched,
  JetStreamStrategy,
  USES_STREAM,
  type ClockWatch,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import type { Clock } from '@drawbridge/kernel';
import {
  closeOnFailure,
  createHttpApp,
  natsOptions,
  startHttpApp,
  type RunningService,
} from '@drawbridge/runtime';
import type { PolicyConfig } from './config.js';
import { answerExplain } from './nats/answer-explain.js';
import { followPolicies, type PoliciesInForce } from './policies-in-force.js';
import { PolicyModule } from './policy.module.js';
import { startDeciding, type Deciding } from './start-deciding.js';

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
    let recheck = (): void => undefined;
    const policies = await followPolicies({
      directory: config.CONFIG_DIR,
      logger,
      onChange: () => recheck(),
    });
    closers.add(() => policies.close());

    const maxSkewMs = config.MAX_CLOCK_SKEW_MS;
    const server = { name: 'policy', ...natsOptions(config), maxSkewMs, clock, logger };
    const { connection, watch } = await connectWatched(server, closers);
    const deciding = await startDeciding({ connection, watch, policies, logger, clock }, closers);
    recheck = () => {
      deciding.grantClock.recheck();
      deciding.peopleWatch.peopleChanged();
    };

    closers.add(answerExplain(connection, deciding.commands, logger));
    const consumer = { connection, durable: 'policy', logger };
    const strategy = new JetStreamStrategy({ ...consumer, stream: ACCESS_STREAM });
    const uses = new JetStreamStrategy({ ...consumer, stream: USES_STREAM });
    const app = await createHttpApp(PolicyModule.with(deciding.commands), {
      logger,
      transports: [strategy, uses],
      bodyLimitBytes: 0,
      ...healthOf({ connection, watch, policies, strategy, uses, ...deciding }),
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

interface Parts extends Deciding {
  readonly watch: ClockWatch;
  readonly connection: JetStreamConnection;
  readonly policies: PoliciesInForce;
  readonly strategy: JetStreamStrategy;
  readonly uses: JetStreamStrategy;
}

const healthOf = ({
  connection,
  watch,
  policies,
  strategy,
  uses,
  grantClock,
  ...parts
}: Parts) => ({
  health: {
    nats: () => connection.connected,
    clock: () => watch.isRight,
    events: () => strategy.health().connected && uses.health().connected,
    grants: () => grantClock.isCurrent,
    stops: () => parts.stops.isCurrent(),
    members: () => parts.membersAreCurrent(),
    configuration: () => policies.areCurrent(),
  },
  figures: () => {
    const { pending, parked } = strategy.health();
    return {
      openGrants: grantClock.openGrants,
      riskModelSilent: parts.riskModel.silent,
      pendingEvents: pending,
      parkedEvents: parked,
      clockOffsetMs: watch.offsetMs,
    };
  },
});
