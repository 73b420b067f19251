import type { LoggerService } from '@nestjs/common';
import type { App } from '@slack/bolt';
import type { Router } from 'express';
import { guardedBucket, SLACK_TAKEN_BUCKET, type JetStreamConnection } from '@drawbridge/jetstream';
import type { Clock } from '@drawbridge/kernel';
import { readSecretFile } from '@drawbridge/runtime';
import type { SlackSettings } from '../config.js';
import type { HoldStory } from '../domain/hold-story.js';
import type { RequestStory } from '../domain/request-story.js';
import type { AccessApprovals } from '../nats/access-approvals.js';
import type { HeldCommands } from '../nats/held-commands.js';
import type { CardBoard } from './card-board.js';
import type { DeskParts } from './listen-to-desk.js';
import { SlackAnswers } from './slack-answers.js';
import { SlackDecisions } from './slack-decisions.js';
import { SlackHoldDecisions } from './slack-hold-decisions.js';
import type { KnownPeople } from './slack-human.js';
import { SlackJudge } from './slack-judge.js';
import { listenToSlack } from './slack-listeners.js';
import { slackLogger } from './slack-logger.js';
import { slackReceiver } from './slack-receiver.js';
import { SlackSocket } from './slack-socket.js';
import type { SlackWorkspace } from './slack-workspace.js';
import { TakenOnce } from './taken-once.js';

export interface SlackFrontParts {
  readonly connection: JetStreamConnection;
  readonly approvals: AccessApprovals;
  readonly holds: HeldCommands;
  readonly board: CardBoard<RequestStory>;
  readonly holdBoard: CardBoard<HoldStory>;
  readonly known: KnownPeople & { readonly workspace: SlackWorkspace };
  readonly desk: DeskParts;
  readonly clock: Clock;
  readonly logger: LoggerService;
  readonly slackTimeoutMs: number;
}

/** Where Slack comes in. */
export interface SlackFront {
  /** Absent where nothing is taken over HTTP. */
  readonly receiver: Router | undefined;
  /** Whether a socket stands, where there is to be one. */
  readonly figures: () => Readonly<Record<string, number>>;
  close(): Promise<void>;
}

/** Listens to Slack, over HTTP, over a socket, or both: the same listeners, and nothing is taken twice. */
export function startSlackFront(settings: SlackSettings, parts: SlackFrontParts): SlackFront {
  const { teamId, appId } = settings;
  const { clock, logger } = parts;
  const ours = appId === undefined ? { teamId } : { teamId, appId };
  const listen = listening(parts);
  const shared = { judge: new SlackJudge({ ...ours, clock }), listen, clock, logger };
  const socket = socketOf(settings, parts, shared);
  socket?.start();
  return {
    receiver: receiverOf(settings, shared),
    figures: (): Readonly<Record<string, number>> =>
      socket === undefined ? {} : { slackSockets: Number(socket.isConnected) },
    close: async () => socket?.close(),
  };
}

interface Shared {
  readonly judge: SlackJudge;
  readonly listen: (app: App) => void;
  readonly clock: Clock;
  readonly logger: LoggerService;
}

function receiverOf(
  { signingSecretFile: file }: SlackSettings,
  shared: Shared,
): Router | undefined {
  if (file === undefined) return undefined;
  const signingSecret = readSecretFile('SLACK_SIGNING_SECRET_FILE', file);
  return slackReceiver({ ...shared, signingSecret, slackLogger: slackLogger(shared.logger) });
}

function socketOf(
  { appTokenFile: file, apiUrl }: SlackSettings,
  { slackTimeoutMs: timeoutMs }: SlackFrontParts,
  shared: Shared,
): SlackSocket | undefined {
  if (file === undefined) return undefined;
  const appToken = readSecretFile('SLACK_APP_TOKEN_FILE', file);
  const calling = { apiUrl, appToken, timeoutMs, slackLogger: slackLogger(shared.logger) };
  return new SlackSocket({ ...shared, ...calling });
}

/** One set of listeners, whichever way it comes. */
function listening(parts: SlackFrontParts): (app: App) => void {
  const { connection, known, approvals, board, holds, holdBoard, desk, clock, logger } = parts;
  const { workspace } = known;
  const answers = new SlackAnswers({
    taken: new TakenOnce(guardedBucket(connection, SLACK_TAKEN_BUCKET)),
    tell: (user, text, channel) => workspace.tell(user, text, channel),
    clock,
    logger,
  });
  const requests = {
    decisions: new SlackDecisions({ ...known, approvals, board }),
    refresh: (requestId: string) => board.show(requestId),
  };
  const held = {
    decisions: new SlackHoldDecisions({ ...known, holds, board: holdBoard }),
    refresh: (holdId: string) => holdBoard.show(holdId),
  };
  return (app) => listenToSlack(app, { answers, requests, holds: held, desk });
}
