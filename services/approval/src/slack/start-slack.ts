import type { LoggerService } from '@nestjs/common';
import type { Principal } from '@drawbridge/contracts';
import type { Router } from 'express';
import { watchConfiguration } from '@drawbridge/configuration';
import type { JetStreamConnection, JetStreamStrategy } from '@drawbridge/jetstream';
import type { Clock } from '@drawbridge/kernel';
import { readSecretFile, uuidV7 } from '@drawbridge/runtime';
import type { SlackSettings } from '../config.js';
import type { AccessApprovals } from '../nats/access-approvals.js';
import { accessTransport } from '../nats/access-transport.js';
import { CardBoard } from './card-board.js';
import { CardMemory } from './card-memory.js';
import { CARDS } from './cards.controller.js';
import { SlackDecisions } from './slack-decisions.js';
import { slackLogger } from './slack-logger.js';
import { slackPeople, type SlackPeople } from './slack-people.js';
import { slackReceiver } from './slack-receiver.js';
import { SlackWorkspace } from './slack-workspace.js';

export interface SlackSurroundings {
  readonly connection: JetStreamConnection;
  readonly approvals: AccessApprovals;
  readonly isDisabled: (human: Principal) => boolean;
  readonly clock: Clock;
  readonly logger: LoggerService;
  readonly ackWaitMs: number | undefined;
  readonly slackTimeoutMs: number;
}

/** The parts of the service that exist only with Slack. */
export interface SlackParts {
  readonly board: CardBoard;
  /** To be mounted before any body is read. */
  readonly receiver: Router;
  readonly transport: JetStreamStrategy;
  close(): Promise<void>;
}

/** Puts the Slack side together. It does not call Slack: that may be down, and start later. */
export async function startSlack(
  settings: SlackSettings,
  surroundings: SlackSurroundings,
): Promise<SlackParts> {
  const { connection, approvals, clock, logger, ackWaitMs, slackTimeoutMs } = surroundings;
  const { channel, teamId } = settings;
  const quiet = slackLogger(logger);
  const workspace = new SlackWorkspace({
    ...settings,
    botToken: readSecretFile('SLACK_BOT_TOKEN_FILE', settings.botTokenFile),
    timeoutMs: slackTimeoutMs,
    clock,
    logger: quiet,
  });
  const board = new CardBoard({
    story: (requestId) => approvals.story(requestId),
    memory: await CardMemory.open(connection),
    workspace,
    channel,
    clock,
    instance: uuidV7(clock()),
    // Two calls and a write, with some room.
    holdMs: 2.5 * slackTimeoutMs,
  });
  const humans = await followPeople(settings.configDirectory, logger);
  const decisions = new SlackDecisions({
    approvals,
    board,
    workspace,
    people: humans.current,
    isDisabled: surroundings.isDisabled,
    teamId,
  });
  const receiver = slackReceiver({
    signingSecret: readSecretFile('SLACK_SIGNING_SECRET_FILE', settings.signingSecretFile),
    teamId,
    ...(settings.appId === undefined ? {} : { appId: settings.appId }),
    decisions,
    tell: (user, text) => workspace.tell(user, text),
    refresh: (requestId) => board.show(requestId),
    clock,
    logger,
    slackLogger: quiet,
  });
  return {
    board,
    receiver,
    // A durable of its own: while Slack is down its events wait, and decisions go on.
    transport: accessTransport(connection, {
      durable: 'approval-slack',
      transportId: CARDS,
      logger,
      ackWaitMs,
    }),
    close: () => humans.close(),
  };
}

interface FollowedPeople {
  readonly current: () => SlackPeople;
  close(): Promise<void>;
}

async function followPeople(directory: string, logger: LoggerService): Promise<FollowedPeople> {
  let people: SlackPeople = () => undefined;
  const watcher = await watchConfiguration(directory, {
    only: ['Human'],
    onChange: ({ humans, version }) => {
      people = slackPeople(humans);
      logger.log({ msg: 'Slack accounts reloaded', humans: humans.length, version });
    },
    onError: (error) => {
      logger.error({ msg: 'Slack accounts not reloaded', err: error });
    },
  });
  people = slackPeople(watcher.current.humans);
  return { current: () => people, close: () => watcher.close() };
}
