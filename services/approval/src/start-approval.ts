import type { LoggerService } from '@nestjs/common';
import type { Principal, TrustBundle } from '@drawbridge/contracts';
import {
  accessEventStore,
  connectJetStream,
  followAccessEvents,
  followTrustBundle,
  requireStreams,
  type AccessFollower,
  type JetStreamConnection,
  type JetStreamStrategy,
} from '@drawbridge/jetstream';
import type { Clock } from '@drawbridge/kernel';
import {
  closeOnFailure,
  createHttpApp,
  natsOptions,
  startHttpApp,
  type Closers,
  type RunningService,
  type StatusTable,
} from '@drawbridge/runtime';
import { TokenVerifier } from '@drawbridge/token';
import { ApprovalModule } from './approval.module.js';
import { slackSettings, type ApprovalConfig } from './config.js';
import type { ApprovalRefusal } from './domain/approval-refused.js';
import { AccessApprovals } from './nats/access-approvals.js';
import { accessTransport } from './nats/access-transport.js';
import { DECISIONS } from './nats/decisions.controller.js';
import { LapseSchedule } from './nats/lapse-schedule.js';
import { WaitingRequests } from './nats/waiting-requests.js';
import { startSlack, type SlackParts } from './slack/start-slack.js';

export interface ApprovalDependencies {
  readonly logger: LoggerService;
  readonly clock?: Clock;
  /** Silence after which an event is delivered again. @default 30000 */
  readonly ackWaitMs?: number;
  /** After which a call to Slack is given up. @default 8000 */
  readonly slackTimeoutMs?: number;
}

const statuses: StatusTable = {
  approver_not_human: 403,
  approver_not_in_group: 403,
  approver_email_unknown: 403,
  self_approval: 403,
  owner_approval: 403,
  owner_unknown: 422,
  no_approval_required: 409,
  approval_unknown: 404,
  request_not_pending: 409,
  approval_too_late: 409,
} satisfies Record<ApprovalRefusal, number>;

const decisionFeed = { durable: 'approval', transportId: DECISIONS };

/** Starts asking humans: in Slack where it is configured, and over HTTP. */
export async function startApproval(
  config: ApprovalConfig,
  { logger, clock = () => new Date(), ackWaitMs, slackTimeoutMs = 8_000 }: ApprovalDependencies,
): Promise<RunningService> {
  return closeOnFailure(async (closers) => {
    const connection = await connectJetStream({ name: 'approval', ...natsOptions(config) });
    closers.add(() => connection.close());
    await requireStreams(connection);
    const approvals = new AccessApprovals(accessEventStore(connection, 'approval'), clock);

    const waiting = new WaitingRequests();
    const follower = followWaiting(connection, { waiting, logger });
    closers.add(() => follower.close());
    const lapses = new LapseSchedule({
      waiting: () => waiting.list(),
      lapse: (requestId) => approvals.react('LapseRequest', requestId, requestId),
      clock,
      logger,
    });
    lapses.start();
    closers.add(() => lapses.close());

    const trust = await followTrust(connection, closers);
    const verifier = new TokenVerifier(trust, clock);

    const isDisabled = (human: Principal) => disables(trust(), human);
    const surroundings = {
      connection,
      approvals,
      isDisabled,
      clock,
      logger,
      ackWaitMs,
      slackTimeoutMs,
    };
    const settings = slackSettings(config);
    const slack = settings === undefined ? undefined : await startSlack(settings, surroundings);
    if (slack !== undefined) closers.add(() => slack.close());

    const module = ApprovalModule.with({ approvals, waiting, verifier, ...boardOf(slack) });
    const decisions = accessTransport(connection, { ...decisionFeed, logger, ackWaitMs });
    const app = await createHttpApp(module, {
      logger,
      statuses,
      health: healthOf({ connection, follower, decisions }),
      figures: () => figuresOf(waiting, decisions, slack),
      transports: slack === undefined ? [decisions] : [decisions, slack.transport],
      mounts: slack === undefined ? {} : { '/slack': slack.receiver },
    });
    closers.add(() => app.close());
    await follower.caughtUp;
    const http = await startHttpApp(app, { host: config.HTTP_HOST, port: config.HTTP_PORT });
    return {
      name: 'approval',
      addresses: { http: config.PUBLIC_URL ?? http },
      close: () => closers.close(),
    };
  });
}

/** @returns what gives the newest trust bundle */
async function followTrust(
  connection: JetStreamConnection,
  closers: Closers,
): Promise<() => TrustBundle | undefined> {
  let trust: TrustBundle | undefined;
  const follower = await followTrustBundle(connection, (bundle) => (trust = bundle));
  closers.add(() => follower.close());
  return () => trust;
}

const disables = (trust: TrustBundle | undefined, { issuer, subject }: Principal): boolean =>
  trust?.issuers.some(
    (trusted) => trusted.issuer === issuer && trusted.disabledSubjects.includes(subject),
  ) ?? false;

const boardOf = (slack: SlackParts | undefined) =>
  slack === undefined ? {} : { board: slack.board };

function followWaiting(
  connection: JetStreamConnection,
  { waiting, logger }: { readonly waiting: WaitingRequests; readonly logger: LoggerService },
): AccessFollower {
  return followAccessEvents(connection, {
    onEvent: (recorded) => waiting.take(recorded),
    onUnreadable: ({ aggregateId, sequence, error }) => {
      waiting.forget(aggregateId);
      logger.error({ msg: 'event not readable', requestId: aggregateId, sequence, err: error });
    },
  });
}

interface HealthParts {
  readonly connection: JetStreamConnection;
  readonly follower: AccessFollower;
  readonly decisions: JetStreamStrategy;
}

/** Slack's health is not ours: without it decisions still come over HTTP. */
const healthOf = ({ connection, follower, decisions }: HealthParts) => ({
  nats: () => connection.connected,
  requests: () => follower.isCurrent(),
  events: () => decisions.health().connected,
});

/** How much waits: for humans, for us, for Slack, and for a person who looks at parked events. */
function figuresOf(
  waiting: WaitingRequests,
  decisions: JetStreamStrategy,
  slack: SlackParts | undefined,
): Readonly<Record<string, number>> {
  const [events, cards] = [decisions.health(), slack?.transport.health()];
  return {
    waitingRequests: waiting.list().length,
    pendingEvents: events.pending + events.inFlight,
    parkedEvents: events.parked + (cards?.parked ?? 0),
    ...(cards === undefined ? {} : { pendingCards: cards.pending + cards.inFlight }),
  };
}
