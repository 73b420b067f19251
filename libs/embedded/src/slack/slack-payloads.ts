import { z } from 'zod';
import { stateOf, type Entered } from './dialog-state.js';

const Button = z.looseObject({
  type: z.string(),
  action_id: z.string().optional(),
  value: z.string().optional(),
  text: z.unknown().optional(),
  options: z.array(z.looseObject({ value: z.string() })).optional(),
});
const Block = z.looseObject({
  type: z.string(),
  block_id: z.string().optional(),
  elements: z.array(z.unknown()).optional(),
});

/** A message as `conversations.history` tells it. */
export const DemoSlackMessage = z.looseObject({
  ts: z.string(),
  user: z.string().optional(),
  text: z.string().default(''),
  blocks: z.array(Block).default([]),
  metadata: z
    .looseObject({ event_type: z.string(), event_payload: z.record(z.string(), z.unknown()) })
    .optional(),
});
export type DemoSlackMessage = z.infer<typeof DemoSlackMessage>;

/** A dialog as `views.open` answers it. */
export const DemoSlackView = z.looseObject({
  id: z.string(),
  callback_id: z.string().default(''),
  private_metadata: z.string().default(''),
  blocks: z.array(Block).default([]),
});
export type DemoSlackView = z.infer<typeof DemoSlackView>;

export interface Workspace {
  readonly teamId: string;
  readonly appId: string;
  readonly channelId: string;
  readonly channelName: string;
}

/** Who presses or submits, and with what fresh trigger. */
export interface Interaction {
  readonly workspace: Workspace;
  readonly user: { readonly id: string; readonly name: string };
  readonly triggerId: string;
  readonly responseUrl: string;
}

export interface Pressed {
  readonly message: DemoSlackMessage;
  readonly actionId: string;
  /** In an overflow menu: the value of the entry. */
  readonly option?: string;
  /** @default the channel of the approvals */
  readonly channelId?: string;
}

/** The body that Slack sends when a button of a message is pressed. */
export function blockActions(by: Interaction, pressed: Pressed): Record<string, unknown> {
  const { message, channelId = by.workspace.channelId } = pressed;
  const { blockId, element } = elementOf(message.blocks, pressed);
  return {
    ...envelope('block_actions', by),
    container: {
      type: 'message',
      message_ts: message.ts,
      channel_id: channelId,
      is_ephemeral: false,
    },
    channel: { id: channelId, name: by.workspace.channelName },
    message: { type: 'message', ...message },
    state: { values: {} },
    response_url: by.responseUrl,
    actions: [{ ...element, block_id: blockId, action_ts: message.ts }],
  };
}

/** The body that Slack sends when a dialog is submitted. */
export function viewSubmission(
  by: Interaction,
  view: DemoSlackView,
  entered: Entered,
): Record<string, unknown> {
  const { teamId, appId } = by.workspace;
  return {
    ...envelope('view_submission', by),
    view: { ...view, team_id: teamId, app_id: appId, type: 'modal', state: stateOf(view, entered) },
    response_urls: [],
  };
}

function envelope(type: string, { workspace, user, triggerId }: Interaction) {
  return {
    type,
    team: { id: workspace.teamId, domain: 'drawbridge-demo' },
    enterprise: null,
    is_enterprise_install: false,
    user: { id: user.id, username: user.name, name: user.name, team_id: workspace.teamId },
    api_app_id: workspace.appId,
    trigger_id: triggerId,
  };
}

function elementOf(
  blocks: readonly z.infer<typeof Block>[],
  { actionId, option }: Pick<Pressed, 'actionId' | 'option'>,
) {
  for (const block of blocks) {
    const elements = (block.elements ?? []).map((element) => Button.safeParse(element).data);
    const element = elements.find((one) => one?.action_id === actionId);
    if (element === undefined) continue;
    const blockId = block.block_id ?? '';
    if (option === undefined) return { blockId, element };
    const selected = element.options?.find(({ value }) => value === option);
    if (selected === undefined) throw new Error(`"${actionId}" has no entry "${option}"`);
    const { type, action_id } = element;
    return { blockId, element: { type, action_id, selected_option: selected } };
  }
  throw new Error(`there is no button "${actionId}"`);
}
