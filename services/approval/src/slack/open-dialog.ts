import type { types } from '@slack/bolt';
import { SlackRefused } from './slack-refused.js';
import type { SlackWorkspace } from './slack-workspace.js';

/**
 * Opens a dialog for somebody who has just pressed a button.
 *
 * @throws SlackRefused `slack_dialog_failed`: Slack lets a press open one for three seconds only
 */
export async function openDialog(
  workspace: Pick<SlackWorkspace, 'openDialog'>,
  triggerId: string,
  view: types.ModalView,
): Promise<void> {
  try {
    await workspace.openDialog(triggerId, view);
  } catch (cause) {
    const message = 'Slack could not open the dialog; press once more';
    throw new SlackRefused('slack_dialog_failed', message, { cause });
  }
}
