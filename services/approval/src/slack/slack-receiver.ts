import type { LoggerService } from '@nestjs/common';
import { App, ExpressReceiver } from '@slack/bolt';
import type { Logger } from '@slack/web-api';
import express, { type Router } from 'express';
import type { Clock } from '@drawbridge/kernel';
import { LOG_IN_ACTION } from './card-buttons.js';
import { listenToDesk, type DeskParts } from './listen-to-desk.js';
import { listenToHolds } from './listen-to-holds.js';
import { listenToRequests, type CardDesk } from './listen-to-requests.js';
import { requestGuard } from './request-guard.js';
import { SlackAnswers, type SlackAnswersOptions } from './slack-answers.js';
import type { SlackDecisions } from './slack-decisions.js';
import type { SlackHoldDecisions } from './slack-hold-decisions.js';

export interface SlackReceiverOptions extends SlackAnswersOptions {
  readonly signingSecret: string;
  readonly teamId: string;
  readonly appId?: string;
  readonly requests: CardDesk<SlackDecisions>;
  readonly holds: CardDesk<SlackHoldDecisions>;
  readonly desk: DeskParts;
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
  listenToRequests({ app, answers }, options.requests);
  listenToHolds({ app, answers }, options.holds);
  // It decides nothing here; the page that it leads to does.
  app.action(LOG_IN_ACTION, ({ ack }) => ack());
  listenToDesk({ app, answers }, options.desk);
  const router = express.Router();
  router.post('/events', requestGuard(options));
  router.use(receiver.router);
  return router;
}
