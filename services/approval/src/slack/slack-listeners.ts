import type { App } from '@slack/bolt';
import { LOG_IN_ACTION } from './card-buttons.js';
import { listenToDesk, type DeskParts } from './listen-to-desk.js';
import { listenToHolds } from './listen-to-holds.js';
import { listenToRequests, type CardDesk } from './listen-to-requests.js';
import type { SlackAnswers } from './slack-answers.js';
import type { SlackDecisions } from './slack-decisions.js';
import type { SlackHoldDecisions } from './slack-hold-decisions.js';

export interface SlackListeners {
  readonly answers: SlackAnswers;
  readonly requests: CardDesk<SlackDecisions>;
  readonly holds: CardDesk<SlackHoldDecisions>;
  readonly desk: DeskParts;
}

/** Everything that we listen to: the same whichever way it comes. */
export function listenToSlack(app: App, { answers, requests, holds, desk }: SlackListeners): void {
  listenToRequests({ app, answers }, requests);
  listenToHolds({ app, answers }, holds);
  // It decides nothing here; the page that it leads to does.
  app.action(LOG_IN_ACTION, ({ ack }) => ack());
  listenToDesk({ app, answers }, desk);
}
