import {
  APPROVE_ACTION,
  ASK_ACTION,
  DENY_ACTION,
  MORE_ACTION,
  MORE_TAKE_BACK,
  NARROW_ACTION,
  RULES_ACTION,
} from './card-buttons.js';
import { CardClick } from './card-click.js';
import { ASK_VIEW, DENY_VIEW } from './deny-view.js';
import { AskSubmission, DenySubmission } from './denial-submission.js';
import { onPress, onSubmit, type Listening, type Taking } from './listen.js';
import { NARROW_VIEW } from './narrow-view.js';
import { NarrowSubmission } from './narrow-submission.js';
import type { SlackDecisions, Told } from './slack-decisions.js';

/** Takes the decisions on one kind of card, and brings such a card up to date. */
export interface CardDesk<Decisions> {
  readonly decisions: Decisions;
  readonly refresh: (id: string) => Promise<unknown>;
}

/** Listens to what is pressed on the cards of access requests, and in their dialogs. */
export function listenToRequests(
  listening: Listening,
  { decisions, refresh }: CardDesk<SlackDecisions>,
): void {
  const pressed = (
    action: string,
    take: (click: CardClick, causationId: string) => Promise<Told>,
  ) => {
    const read = (body: unknown) => CardClick.parse(body);
    const idOf = ({ actions: [{ value }] }: CardClick) => value.requestId;
    onPress(listening, action, { read, idOf, refresh, take });
  };
  pressed(APPROVE_ACTION, (click, cause) => decisions.approve(click, cause));
  pressed(DENY_ACTION, (click, cause) => decisions.askReason(click, cause));
  pressed(NARROW_ACTION, (click) => decisions.askNarrowing(click));
  pressed(ASK_ACTION, (click, cause) => decisions.askQuestion(click, cause));
  pressed(RULES_ACTION, (click) => decisions.showRules(click));
  pressed(MORE_ACTION, (click, cause) => {
    const [action] = click.actions;
    const isTakingBack = action.action_id === MORE_ACTION && action.entry === MORE_TAKE_BACK;
    return isTakingBack ? decisions.takeBack(click, cause) : decisions.showRules(click);
  });
  onSubmit(listening, { dialog: DENY_VIEW }, denial({ decisions, refresh }));
  onSubmit(listening, { dialog: ASK_VIEW }, question({ decisions, refresh }));
  const field = ({ view }: NarrowSubmission) => view.state.values.field;
  onSubmit(
    listening,
    { dialog: NARROW_VIEW, field },
    {
      read: (body) => NarrowSubmission.parse(body),
      idOf: ({ view }) => view.private_metadata.requestId,
      refresh,
      take: (submission, cause) => decisions.narrow(submission, cause),
    },
  );
}

const denial = ({ decisions, refresh }: CardDesk<SlackDecisions>): Taking<DenySubmission> => ({
  read: (body) => DenySubmission.parse(body),
  idOf: ({ view }) => view.private_metadata.requestId,
  refresh,
  take: (submission, cause) => decisions.deny(submission, cause),
});

const question = ({ decisions, refresh }: CardDesk<SlackDecisions>): Taking<AskSubmission> => ({
  read: (body) => AskSubmission.parse(body),
  idOf: ({ view }) => view.private_metadata.requestId,
  refresh,
  take: (submission, cause) => decisions.ask(submission, cause),
});
