import type { LoggerService } from '@nestjs/common';
import type { Principal, TrustBundle } from '@drawbridge/contracts';
import {
  ACCESS_STREAM,
  connectWatched,
  type ClockWatch,
  type ClockSkewed,
  followTrustBundle,
  type JetStreamConnection,
  type JetStreamStrategy,
} from '@drawbridge/jetstream';
import type { HoldDecisionRefusal } from '@drawbridge/holds';
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
import type { People } from '@drawbridge/people';
import type { StopRefusal } from '@drawbridge/stops';
import { ApprovalModule } from './approval.module.js';
import { slackSettings, type ApprovalConfig } from './config.js';
import type { ApprovalRefusal } from './domain/approval-refused.js';
import { isAdminOf } from './domain/is-admin.js';
import type { RevocationRefusal } from './domain/revocation.js';
import type { TargetRefusal } from './domain/target-unknown.js';
import { followPeople } from './follow-people.js';
import { eventTransport } from './nats/event-transport.js';
import { DECISIONS } from './nats/decisions.controller.js';
import { startBridges, type BridgeParts } from './nats/start-bridges.js';
import { startHolds, type HoldParts } from './nats/start-holds.js';
import { startRequests, type RequestParts } from './nats/start-requests.js';
import { OnCallVerifier } from './on-call-verifier.js';
import { startSlack, type SlackParts } from './slack/start-slack.js';
import { startStepUp } from './step-up/start-step-up.js';
import type { StepUpFailure } from './step-up/step-up-failed.js';
import { startWebhooks } from './webhooks/start-webhooks.js';

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
  sponsor_approval: 403,
  step_up_required: 401,
  step_up_too_old: 401,
  step_up_too_weak: 401,
  step_up_not_possible: 503,
  step_up_state_invalid: 400,
  step_up_login_failed: 403,
  issuer_unavailable: 503,
  approval_not_given: 409,
  seat_not_needed: 409,
  step_not_open: 409,
  terms_changed: 409,
  narrowing_widens: 422,
  narrowing_not_possible: 409,
  too_many_take_backs: 429,
  too_many_questions: 429,
  approval_unknown: 404,
  request_not_pending: 409,
  approval_too_late: 409,
  hold_unknown: 404,
  hold_not_open: 409,
  hold_too_late: 409,
  admins_only: 403,
  connection_unknown: 404,
  revocation_not_allowed: 403,
  grant_not_open: 409,
  clock_skewed: 503,
} satisfies Record<
  | ApprovalRefusal
  | HoldDecisionRefusal
  | StopRefusal
  | TargetRefusal
  | RevocationRefusal
  | StepUpFailure
  | ClockSkewed['code'],
  number
>;

const decisionFeed = {
  stream: ACCESS_STREAM,
  durable: 'approval',
  transportId: DECISIONS,
} as const;

/** Starts asking humans: in Slack where it is configured, and over HTTP. */
export async function startApproval(
  config: ApprovalConfig,
  { logger, clock = () => new Date(), ackWaitMs, slackTimeoutMs = 8_000 }: ApprovalDependencies,
): Promise<RunningService> {
  return closeOnFailure(async (closers) => {
    const maxSkewMs = config.MAX_CLOCK_SKEW_MS;
    const server = { name: 'approval', ...natsOptions(config), maxSkewMs, clock, logger };
    const { connection, watch } = await connectWatched(server, closers);
    const requests = startRequests(connection, { clock, watch, logger }, closers);
    const trust = await followTrust(connection, closers);
    const heldParts = startHolds(connection, { clock, watch, logger, trust }, closers);
    const isAdmin = isAdminOf(config.ADMIN_GROUPS ?? []);
    const { CONFIG_DIR: directory } = config;
    const orders = { grants: requests.grants, isAdmin, directory, clock, logger };
    const bridgeParts = await startBridges(connection, orders, closers);
    const parts = { ...requests, ...heldParts, ...bridgeParts, clock, watch };

    const people = await peopleNow(config, logger, closers);
    const verifier = new OnCallVerifier({ trust, people, clock });

    const isDisabled = (human: Principal) => disables(trust(), human);
    const environment = { connection, clock, logger, ackWaitMs, slackTimeoutMs };
    const login = { ...parts, trust, people, statuses, logger };
    const stepUp = await startStepUp(config, login, closers);
    const settings = slackSettings(config);
    const stepUpLink = stepUp.linkOf;
    const forSlack = { ...environment, ...parts, isDisabled, people, stepUpLink };
    const slack = settings === undefined ? undefined : await startSlack(settings, forSlack);

    if (slack !== undefined) closers.add(() => slack.close());
    const hooks = { ...environment, directory: config.CONFIG_DIR };
    const webhooks = await startWebhooks(hooks, closers);

    const module = ApprovalModule.with({ ...parts, verifier, slack, stepUp });
    const decisions = eventTransport(connection, { ...decisionFeed, logger, ackWaitMs });
    const app = await createHttpApp(module, {
      logger,
      statuses,
      health: healthOf({ ...parts, connection, decisions }),
      figures: () => ({ ...figuresOf(parts, decisions, slack), ...webhooks.figures() }),
      transports: [decisions, ...(slack?.transports ?? [])],
      mounts: { ...stepUp.mounts, ...(slack && { '/slack': slack.receiver }) },
    });
    closers.add(() => app.close());
    const { follower, holdFollower, stopFollower } = parts;
    await Promise.all([follower.caughtUp, holdFollower.caughtUp, stopFollower.caughtUp]);
    parts.startRequestTimers(() => ({ isDisabled, people: people() }));
    parts.startHoldEnds();
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

/** @returns what gives the people of the configuration in force; `undefined` where there is none */
async function peopleNow(
  { CONFIG_DIR: directory }: ApprovalConfig,
  logger: LoggerService,
  closers: Closers,
): Promise<() => People | undefined> {
  if (directory === undefined) return () => undefined;
  const followed = await followPeople(directory, logger);
  closers.add(() => followed.close());
  return () => followed.current();
}

const disables = (trust: TrustBundle | undefined, { issuer, subject }: Principal): boolean =>
  trust?.issuers.some(
    (trusted) => trusted.issuer === issuer && trusted.disabledSubjects.includes(subject),
  ) ?? false;

type Followers = Pick<
  RequestParts & HoldParts & BridgeParts,
  'follower' | 'holdFollower' | 'stopFollower'
>;

interface HealthParts extends Followers {
  readonly watch: ClockWatch;
  readonly connection: JetStreamConnection;
  readonly decisions: JetStreamStrategy;
}

/** Slack's health is not ours: without it decisions still come over HTTP. */
const healthOf = ({
  connection,
  watch,
  follower,
  holdFollower,
  stopFollower,
  decisions,
}: HealthParts) => ({
  nats: () => connection.connected,
  clock: () => watch.isRight,
  requests: () => follower.isCurrent(),
  holds: () => holdFollower.isCurrent(),
  stops: () => stopFollower.isCurrent(),
  events: () => decisions.health().connected,
});

interface FiguredParts extends Pick<RequestParts & HoldParts, 'waiting' | 'waitingHolds'> {
  readonly watch: ClockWatch;
}

/** How much waits: for humans, for us, for Slack, and for a person who looks at parked events. */
function figuresOf(
  { waiting, waitingHolds, watch }: FiguredParts,
  decisions: JetStreamStrategy,
  slack: SlackParts | undefined,
): Readonly<Record<string, number>> {
  const events = decisions.health();
  const cards = (slack?.transports ?? []).map((transport) => transport.health());
  const pendingCards = cards.reduce((sum, { pending, inFlight }) => sum + pending + inFlight, 0);
  return {
    clockOffsetMs: watch.offsetMs,
    waitingRequests: waiting.size,
    waitingHolds: waitingHolds.open().length,
    pendingEvents: events.pending + events.inFlight,
    // Both kinds of cards are parked under one name.
    parkedEvents: events.parked + (cards[0]?.parked ?? 0),
    ...(slack === undefined ? {} : { pendingCards }),
  };
}
