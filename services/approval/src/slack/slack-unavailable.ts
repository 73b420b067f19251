import { AppError } from '@drawbridge/kernel';

/**
 * A call to Slack did not do what it should; nothing is lost, the event that caused it comes again.
 * `slack_rate_limited`: Slack asks to wait. `slack_unavailable`: no answer, or a failure on Slack's side; it
 * may have been done. `slack_refused`: Slack says no (token, scopes, channel): a person must look.
 * `slack_workspace_wrong`: the token belongs to another workspace than configured.
 * `slack_card_busy`: another replica is posting this card right now.
 */
export class SlackUnavailable extends AppError<
  | 'slack_rate_limited'
  | 'slack_unavailable'
  | 'slack_refused'
  | 'slack_workspace_wrong'
  | 'slack_card_busy'
> {}
