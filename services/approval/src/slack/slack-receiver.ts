import type { LoggerService } from '@nestjs/common';
import { App, ExpressReceiver } from '@slack/bolt';
import type { Logger } from '@slack/web-api';
import express, { type Router } from 'express';
import type { Clock } from '@drawbridge/kernel';
import { APPROVE_ACTION, DENY_ACTION } from './card.js';
import { DENY_HOLD_VIEW, DENY_VIEW, REASON_BLOCK } from './deny-view.js';
import { APPROVE_HOLD_ACTION, DENY_HOLD_ACTION } from './hold-card.js';
import {
  CardClick,
  DenyHoldSubmission,
  DenySubmission,
  HoldClick,
  type Envelope,
} from './interaction.js';
import { requestGuard } from './request-guard.js';
import { SlackAnswers, type SlackAnswersOptions } from './slack-answers.js';
import type { SlackDecisions, Told } from './slack-decisions.js';
import type { SlackHoldDecisions } from './slack-hold-decisions.js';

/** Takes what humans press and type on one kind of card. @throws what they are told */
interface Decisions<Click, Submission> {
  approve(click: Click, causationId: string): Promise<Told>;
  askReason(click: Click, causationId: string): Promise<Told>;
  deny(submission: Submission, causationId: string): Promise<Told>;
}

/** Takes the decisions of one kind of card, and brings such a card up to date. */
export interface CardDesk<Of> {
  readonly decisions: Of;
  readonly refresh: (id: string) => Promise<void>;
}

export interface SlackReceiverOptions extends SlackAnswersOptions {
  readonly signingSecret: string;
  readonly teamId: string;
  readonly appId?: string;
  readonly requests: CardDesk<SlackDecisions>;
  readonly holds: CardDesk<SlackHoldDecisions>;
  readonly clock: Clock;
  readonly logger: LoggerService;
  readonly slackLogger: Logger;
}

/** Takes interactions at `POST /events` below where it is mounted. */
export function slackReceiver(options: SlackReceiverOptions): Router {
  const { signingSecret, slackLogger } = options;
  const receiver = new ExpressReceiver({
    signingSecret,
    endpoints: '/events',
    logger: slackLogger,
    // Never a 500 for Slack: what we could not do is told to who clicked.
    processEventErrorHandler: ({ error, response }) => {
      options.logger.error({ msg: 'Slack interaction failed', err: error });
      if (!response.headersSent) response.writeHead(200).end();
      return Promise.resolve(true);
    },
  });
  const app = new App({
    receiver,
    logger: slackLogger,
    convoStore: false,
    // One workspace, and a client of our own: nothing to look up per request.
    authorize: () => Promise.resolve({}),
  });
  const answers = new SlackAnswers(options);
  listen({ app, answers }, requestCards, options.requests);
  listen({ app, answers }, holdCards, options.holds);
  const router = express.Router();
  router.post('/events', requestGuard(options));
  router.use(receiver.router);
  return router;
}

/** How one kind of card is read; what comes was judged by the guard before it. */
interface CardKind<Click extends Envelope, Submission extends Envelope> {
  readonly approve: string;
  readonly deny: string;
  /** The dialog that asks why it is denied. */
  readonly dialog: string;
  readonly click: (body: unknown) => Click;
  /** What a press is about. */
  readonly pressedOn: (click: Click) => string;
  readonly submission: (body: unknown) => Submission;
  /** What a submission is about. */
  readonly idOf: (submission: Submission) => string;
}

const requestCards: CardKind<CardClick, DenySubmission> = {
  approve: APPROVE_ACTION,
  deny: DENY_ACTION,
  dialog: DENY_VIEW,
  click: (body) => CardClick.parse(body),
  pressedOn: ({ actions: [{ value }] }) => value.requestId,
  submission: (body) => DenySubmission.parse(body),
  idOf: ({ view }) => view.private_metadata.requestId,
};

const holdCards: CardKind<HoldClick, DenyHoldSubmission> = {
  approve: APPROVE_HOLD_ACTION,
  deny: DENY_HOLD_ACTION,
  dialog: DENY_HOLD_VIEW,
  click: (body) => HoldClick.parse(body),
  pressedOn: ({ actions: [{ value }] }) => value,
  submission: (body) => DenyHoldSubmission.parse(body),
  idOf: ({ view }) => view.private_metadata.holdId,
};

interface Listening {
  readonly app: App;
  readonly answers: SlackAnswers;
}

function listen<Click extends Envelope, Submission extends Envelope>(
  { app, answers }: Listening,
  kind: CardKind<Click, Submission>,
  { decisions, refresh }: CardDesk<Decisions<Click, Submission>>,
): void {
  const pressed = (
    action: string,
    decide: (click: Click, causationId: string) => Promise<Told>,
  ) => {
    app.action(action, async ({ body, ack }) => {
      const click = kind.click(body);
      const asked = { user: click.user.id, id: kind.pressedOn(click), refresh };
      await answers.toClick({ ...asked, decide: (causationId) => decide(click, causationId) }, ack);
    });
  };
  pressed(kind.approve, (click, causationId) => decisions.approve(click, causationId));
  pressed(kind.deny, (click, causationId) => decisions.askReason(click, causationId));
  app.view({ callback_id: kind.dialog, type: 'view_submission' }, async ({ body, ack }) => {
    const submission = kind.submission(body);
    const decide = (causationId: string) => decisions.deny(submission, causationId);
    const asked = { user: submission.user.id, id: kind.idOf(submission), refresh, decide };
    await answers.toSubmission(asked, (told) => ack(dialogAnswer(told)));
  });
}

/** Nothing closes the dialog; a text is shown below the field. */
const dialogAnswer = (told: Told) =>
  told === undefined
    ? undefined
    : ({ response_action: 'errors', errors: { [REASON_BLOCK]: told } } as const);
