import type { CardPlace } from './card-memory.js';
import type { PressedMessage } from './interaction.js';
import { SlackRefused } from './slack-refused.js';

/** The message whose button was pressed. */
export const placeOf = ({ container }: PressedMessage): CardPlace => ({
  channel: container.channel_id,
  ts: container.message_ts,
});

/**
 * A click counts only from a message that we posted for it.
 *
 * @throws SlackRefused `slack_card_outdated`
 */
export function requireSamePlace(from: CardPlace, places: readonly CardPlace[]): void {
  if (places.some(({ channel, ts }) => channel === from.channel && ts === from.ts)) return;
  const message = 'this is not the current card of the request; use the newest one';
  throw new SlackRefused('slack_card_outdated', message);
}
