import type { LoggerService } from '@nestjs/common';
import { App, ExpressReceiver } from '@slack/bolt';
import type { Logger } from '@slack/web-api';
import express, { type Router } from 'express';
import type { Clock } from '@drawbridge/kernel';
import { APPROVE_ACTION, DENY_ACTION } from './card.js';
import { DENY_HOLD_VIEW, DENY_VIEW, REASON_BLOCK } from './deny-view.js';
import { APPROVE_HOLD_ACTION, DENY_HOLD_ACTION } from './hold-card.js';
import { CardClick, DenyHoldSubmission, DenySubmission, HoldClick } from './interaction.js';
import { requestGuard } from './request-guard.js';
import { SlackAnswers, type Asked, type SlackAnswersOptions } from './slack-answers.js';
import type { SlackDecisions, Told } from './slack-decisions.js';
import type { SlackHoldDecisions } from './slack-hold-decisions.js';

/** Takes the decisions of one kind of card, and brings such a card up to date. */
export interface CardDesk<Decisions> {
  readonly decisions: Decisions;
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
  listenForRequests(app, answers, options.requests);
  listenForHolds(app, answers, options.holds);
  const router = express.Router();
  router.post('/events', requestGuard(options));
  router.use(receiver.router);
  return router;
}

function listenForRequests(
  app: App,
  answers: SlackAnswers,
  { decisions, refresh }: CardDesk<SlackDecisions>,
): void {
  const asked = (
    { user, actions: [{ value: id }] }: CardClick,
    decide: Asked['decide'],
  ): Asked => ({
    user: user.id,
    id,
    decide,
    refresh,
  });
  app.action(APPROVE_ACTION, async ({ body, ack }) => {
    const click = CardClick.parse(body);
    await answers.toClick(
      asked(click, (id) => decisions.approve(click, id)),
      ack,
    );
  });
  app.action(DENY_ACTION, async ({ body, ack }) => {
    const click = CardClick.parse(body);
    await answers.toClick(
      asked(click, (id) => decisions.askReason(click, id)),
      ack,
    );
  });
  app.view({ callback_id: DENY_VIEW, type: 'view_submission' }, async ({ body, ack }) => {
    const submission = DenySubmission.parse(body);
    const { requestId: id } = submission.view.private_metadata;
    const decide = (causationId: string) => decisions.deny(submission, causationId);
    const user = submission.user.id;
    await answers.toSubmission({ user, id, decide, refresh }, (told) => ack(dialogAnswer(told)));
  });
}

function listenForHolds(
  app: App,
  answers: SlackAnswers,
  { decisions, refresh }: CardDesk<SlackHoldDecisions>,
): void {
  const asked = (
    { user, actions: [{ value: id }] }: HoldClick,
    decide: Asked['decide'],
  ): Asked => ({
    user: user.id,
    id,
    decide,
    refresh,
  });
  app.action(APPROVE_HOLD_ACTION, async ({ body, ack }) => {
    const click = HoldClick.parse(body);
    await answers.toClick(
      asked(click, (id) => decisions.approve(click, id)),
      ack,
    );
  });
  app.action(DENY_HOLD_ACTION, async ({ body, ack }) => {
    const click = HoldClick.parse(body);
    await answers.toClick(
      asked(click, (id) => decisions.askReason(click, id)),
      ack,
    );
  });
  app.view({ callback_id: DENY_HOLD_VIEW, type: 'view_submission' }, async ({ body, ack }) => {
    const submission = DenyHoldSubmission.parse(body);
    const { holdId: id } = submission.view.private_metadata;
    const decide = (causationId: string) => decisions.deny(submission, causationId);
    const user = submission.user.id;
    await answers.toSubmission({ user, id, decide, refresh }, (told) => ack(dialogAnswer(told)));
  });
}

/** Nothing closes the dialog; a text is shown below the field. */
const dialogAnswer = (told: Told) =>
  told === undefined
    ? undefined
    : ({ response_action: 'errors', errors: { [REASON_BLOCK]: told } } as const);
