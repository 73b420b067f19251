import { setTimeout as delay } from 'node:timers/promises';
import type { LoggerService } from '@nestjs/common';
import { App, ExpressReceiver } from '@slack/bolt';
import type { Logger } from '@slack/web-api';
import express, { type Router } from 'express';
import type { Clock } from '@drawbridge/kernel';
import { uuidV7 } from '@drawbridge/runtime';
import { ApprovalRefused } from '../domain/approval-refused.js';
import { APPROVE_ACTION, DENY_ACTION } from './card.js';
import { DENY_VIEW, REASON_BLOCK } from './deny-view.js';
import { CardClick, DenySubmission } from './interaction.js';
import { requestGuard } from './request-guard.js';
import type { SlackDecisions, Told } from './slack-decisions.js';
import { SlackRefused } from './slack-refused.js';
import { neutralMrkdwn } from './neutral-text.js';

/** Slack shows an error after 3 s; from here on it is acknowledged and the answer comes as a message. */
const ACKNOWLEDGE_MS = 2_000;

export interface SlackReceiverOptions {
  readonly signingSecret: string;
  readonly teamId: string;
  readonly appId?: string;
  readonly decisions: SlackDecisions;
  /** Tells one user alone. */
  readonly tell: (user: string, text: string) => Promise<void>;
  /** Brings a card up to date on which somebody pressed a button that should be gone. */
  readonly refresh: (requestId: string) => Promise<void>;
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
  listen(app, new Answers(options));
  const router = express.Router();
  router.post('/events', requestGuard(options));
  router.use(receiver.router);
  return router;
}

function listen(app: App, answers: Answers): void {
  app.action(APPROVE_ACTION, async ({ body, ack }) => {
    const click = CardClick.parse(body);
    await answers.toClick(click, ack, (decisions, id) => decisions.approve(click, id));
  });
  app.action(DENY_ACTION, async ({ body, ack }) => {
    const click = CardClick.parse(body);
    await answers.toClick(click, ack, (decisions, id) => decisions.askReason(click, id));
  });
  app.view({ callback_id: DENY_VIEW, type: 'view_submission' }, async ({ body, ack }) => {
    await answers.toSubmission(DenySubmission.parse(body), (told) =>
      told === undefined
        ? ack()
        : ack({ response_action: 'errors', errors: { [REASON_BLOCK]: told } }),
    );
  });
}

type Decide = (decisions: SlackDecisions, causationId: string) => Promise<Told>;

/** Answers Slack in time, and the human who clicked. */
class Answers {
  constructor(private readonly options: SlackReceiverOptions) {}

  async toClick(click: CardClick, ack: () => Promise<void>, decide: Decide): Promise<void> {
    const deciding = this.#decide(click.actions[0].value, decide);
    await Promise.race([deciding, delay(ACKNOWLEDGE_MS)]);
    await ack();
    await this.#tell(click.user.id, await deciding);
  }

  /** What went wrong is shown in the dialog when it is known in time, otherwise as a message. */
  async toSubmission(
    submission: DenySubmission,
    ack: (told: Told) => Promise<void>,
  ): Promise<void> {
    const { requestId } = submission.view.private_metadata;
    const deciding = this.#decide(requestId, (decisions, id) => decisions.deny(submission, id));
    const late = Symbol('late');
    const inTime = await Promise.race([deciding, delay(ACKNOWLEDGE_MS, late)]);
    if (inTime !== late) {
      await ack(inTime);
      return;
    }
    await ack(undefined);
    await this.#tell(submission.user.id, await deciding);
  }

  async #decide(requestId: string, decide: Decide): Promise<Told> {
    try {
      return await decide(this.options.decisions, uuidV7(this.options.clock()));
    } catch (error) {
      this.#report(error);
      if (isOver(error)) void this.#refresh(requestId);
      return wordsFor(error);
    }
  }

  async #refresh(requestId: string): Promise<void> {
    await this.options.refresh(requestId).catch((error: unknown) => {
      this.options.logger.warn({ msg: 'card not refreshed', requestId, err: error });
    });
  }

  async #tell(user: string, told: Told): Promise<void> {
    if (told === undefined) return;
    await this.options.tell(user, neutralMrkdwn(told, 500)).catch((error: unknown) => {
      this.options.logger.warn({ msg: 'answer to a click not delivered', err: error });
    });
  }

  #report(error: unknown): void {
    if (isRefusal(error)) this.options.logger.log({ msg: 'click refused', code: error.code });
    else this.options.logger.error({ msg: 'click not handled', err: error });
  }
}

/** The human's affair; anything else is ours. */
const isRefusal = (error: unknown): error is ApprovalRefused | SlackRefused =>
  error instanceof ApprovalRefused || error instanceof SlackRefused;

const isOver = (error: unknown): boolean =>
  error instanceof ApprovalRefused &&
  (error.code === 'request_not_pending' || error.code === 'approval_too_late');

const wordsFor = (error: unknown): string =>
  isRefusal(error)
    ? `Not taken: ${error.message}.`
    : 'Drawbridge cannot record decisions right now. The card shows what counts; please press again in a minute.';
