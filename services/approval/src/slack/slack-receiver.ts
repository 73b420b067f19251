import type { LoggerService } from '@nestjs/common';
import { App, ExpressReceiver } from '@slack/bolt';
import type { Logger } from '@slack/web-api';
import express, { type Router } from 'express';
import type { Clock } from '@drawbridge/kernel';
import { requestGuard } from './request-guard.js';
import type { SlackJudge } from './slack-judge.js';

export interface SlackReceiverOptions {
  readonly signingSecret: string;
  readonly judge: SlackJudge;
  readonly listen: (app: App) => void;
  readonly clock: Clock;
  readonly logger: LoggerService;
  readonly slackLogger: Logger;
}

/** Takes interactions at `POST /events` below where it is mounted. */
export function slackReceiver(options: SlackReceiverOptions): Router {
  const { signingSecret, slackLogger, listen } = options;
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
  listen(app);
  const router = express.Router();
  router.post('/events', requestGuard(options));
  router.use(receiver.router);
  return router;
}
