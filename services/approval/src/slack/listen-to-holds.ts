import { HoldClick } from './card-click.js';
import { DENY_HOLD_VIEW } from './deny-view.js';
import { DenyHoldSubmission } from './denial-submission.js';
import { APPROVE_HOLD_ACTION, DENY_HOLD_ACTION } from './hold-card.js';
import { onPress, onSubmit, type Listening } from './listen.js';
import type { CardDesk } from './listen-to-requests.js';
import type { Told } from './slack-decisions.js';
import type { SlackHoldDecisions } from './slack-hold-decisions.js';

/** Listens to what is pressed on the cards of held calls, and in their dialog. */
export function listenToHolds(
  listening: Listening,
  { decisions, refresh }: CardDesk<SlackHoldDecisions>,
): void {
  const pressed = (
    action: string,
    take: (click: HoldClick, causationId: string) => Promise<Told>,
  ) => {
    const read = (body: unknown) => HoldClick.parse(body);
    const idOf = ({ actions: [{ value }] }: HoldClick) => value;
    onPress(listening, action, { read, idOf, refresh, take });
  };
  pressed(APPROVE_HOLD_ACTION, (click, cause) => decisions.approve(click, cause));
  pressed(DENY_HOLD_ACTION, (click, cause) => decisions.askReason(click, cause));
  onSubmit(
    listening,
    { dialog: DENY_HOLD_VIEW },
    {
      read: (body) => DenyHoldSubmission.parse(body),
      idOf: ({ view }) => view.private_metadata.holdId,
      refresh,
      take: (submission, cause) => decisions.deny(submission, cause),
    },
  );
}
