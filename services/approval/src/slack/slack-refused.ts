import { AppError } from '@drawbridge/kernel';

/** Why a click in Slack was not taken, before anybody asks whether this human may decide. */
export type SlackRefusal =
  | 'slack_user_unknown'
  | 'slack_user_disabled'
  | 'slack_card_outdated'
  | 'slack_card_incomplete'
  | 'slack_narrowing_empty'
  | 'slack_question_empty'
  | 'slack_reason_missing'
  | 'slack_repeated'
  | 'slack_target_unclear'
  | 'slack_dialog_failed';

/** A click is refused; the message is told to who clicked. */
export class SlackRefused extends AppError<SlackRefusal> {}
