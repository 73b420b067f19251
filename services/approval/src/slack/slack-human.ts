import type { Principal } from '@drawbridge/contracts';
import type { Envelope } from './interaction.js';
import type { SlackPeople } from './slack-people.js';
import { SlackRefused } from './slack-refused.js';
import type { SlackWorkspace } from './slack-workspace.js';

export interface KnownPeople {
  readonly workspace: Pick<SlackWorkspace, 'botUserId'>;
  /** The mapping in force now. */
  readonly people: () => SlackPeople;
  /** Whether the trust bundle says that this human may do nothing any more. */
  readonly isDisabled: (human: Principal) => boolean;
  readonly teamId: string;
}

/**
 * Who clicked, from the configuration and never from the click.
 *
 * @throws SlackRefused
 */
export function slackHuman({ user }: Pick<Envelope, 'user'>, known: KnownPeople): Principal {
  const { teamId, workspace, people, isDisabled } = known;
  const isGuest = user.team_id !== undefined && user.team_id !== teamId;
  const isBot = user.id === workspace.botUserId || user['is_bot'] === true;
  const human = isGuest || isBot ? undefined : people()({ team: teamId, user: user.id });
  if (human !== undefined && isDisabled(human)) {
    throw new SlackRefused('slack_user_disabled', 'your identity is disabled in Drawbridge');
  }
  if (human !== undefined) return human;
  const message = `your Slack account ${user.id} belongs to nobody in Drawbridge's configuration`;
  throw new SlackRefused('slack_user_unknown', message);
}
