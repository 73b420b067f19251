import type { LoggerService } from '@nestjs/common';
import type { Principal, TrustBundle } from '@drawbridge/contracts';
import {
  ACCESS_STREAM,
  connectWatched,
  followMembers,
  followTrustBundle,
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
import { Members, type People } from '@drawbridge/people';
import { figuresOf, healthOf } from './approval-health.js';
import { approvalStatuses as statuses } from './approval-statuses.js';
import { ApprovalModule } from './approval.module.js';
import { slackSettings, type ApprovalConfig } from './config.js';
import { isAdminOf } from './domain/is-admin.js';
import { followPeople } from './follow-people.js';
import { eventTransport } from './nats/event-transport.js';
import { DECISIONS } from './nats/decisions.controller.js';
import { startBridges } from './nats/start-bridges.js';
import { startHolds } from './nats/start-holds.js';
import { startRequests } from './nats/start-requests.js';
import { OnCallVerifier } from './on-call-verifier.js';
import { startSlack, type SlackParts } from './slack/start-slack.js';
import { startStepUp } from './step-up/start-step-up.js';
import { startWebhooks } from './webhooks/start-webhooks.js';
import { ticketCallbacks } from './webhooks/start-callbacks.js';

export interface ApprovalDependencies {
  readonly logger: LoggerService;
  readonly clock?: Clock;
  /** Silence after which an event is delivered again. @default 30000 */
  readonly ackWaitMs?: number;
  /** After which a call to Slack is given up. @default 8000 */
  readonly slackTimeoutMs?: number;
}

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
    const orders = { ...requests, isAdmin, directory, clock, logger };
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
    const webhooks = await startWebhooks({ ...environment, directory }, closers);
    const callbacks = ticketCallbacks({ ...parts, ...webhooks, logger });

    const hooked = { ...callbacks, deadLetters: webhooks.deadLetters, isAdmin };
    const module = ApprovalModule.with({ ...parts, verifier, slack, stepUp, ...hooked });
    const decisions = eventTransport(connection, { ...decisionFeed, logger, ackWaitMs });
    const app = await createHttpApp(module, {
      logger,
      statuses,
      health: healthOf({ ...parts, connection, decisions }),
      figures: () => ({ ...figuresOf(parts, decisions, slack), ...webhooks.figures() }),
      transports: [decisions, ...(slack?.transports ?? [])],
      mounts: { ...stepUp.mounts, ...callbacks.mounts, ...slackMounts(slack) },
    });
    closers.add(() => app.close());
    const { follower, holdFollower, stopFollower } = parts;
    await Promise.all([follower.caughtUp, holdFollower.caughtUp, stopFollower.caughtUp]);
    const members = new Members();
    const memberFollower = await followMembers(connection, (member) => members.take(member));
    closers.add(() => memberFollower.close());
    parts.startRequestTimers(() => ({ isDisabled, people: people(), members: members.of }));
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

/** What Slack sends over HTTP, where it does. */
const slackMounts = (slack: SlackParts | undefined) =>
  slack?.receiver === undefined ? {} : { '/slack': slack.receiver };
