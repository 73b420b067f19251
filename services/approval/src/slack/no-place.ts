import { WebAPIPlatformError } from '@slack/web-api';
import { SlackUnavailable } from './slack-unavailable.js';

/** What Slack said when it refused a call; `undefined` for any other failure. */
export function platformError(error: unknown): string | undefined {
  const cause = error instanceof SlackUnavailable ? error.cause : error;
  return cause instanceof WebAPIPlatformError ? cause.data.error : undefined;
}

/** A channel takes nothing of ours, and will not before somebody does something about it. */
export const isNoPlace = (error: unknown): boolean =>
  ['channel_not_found', 'not_in_channel', 'is_archived'].includes(platformError(error) ?? '');

/** A person takes no messages of ours, which is their affair and no reason to try again. */
export const isRefusedByPerson = (error: unknown): boolean =>
  isNoPlace(error) ||
  [
    'user_not_found',
    'user_disabled',
    'users_not_found',
    'cannot_dm_bot',
    'messages_tab_disabled',
  ].includes(platformError(error) ?? '');
