import { z } from 'zod';

const Button = z.looseObject({
  type: z.string(),
  action_id: z.string().optional(),
  value: z.string().optional(),
  text: z.unknown().optional(),
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
}

/** The body that Slack sends when a button of a message is pressed. */
export function blockActions(
  { workspace, user, triggerId }: Interaction,
  { message, actionId }: { readonly message: DemoSlackMessage; readonly actionId: string },
): Record<string, unknown> {
  const { blockId, button } = buttonOf(message, actionId);
  return {
    ...envelope('block_actions', { workspace, user, triggerId }),
    container: {
      type: 'message',
      message_ts: message.ts,
      channel_id: workspace.channelId,
      is_ephemeral: false,
    },
    channel: { id: workspace.channelId, name: workspace.channelName },
    message: { type: 'message', ...message },
    state: { values: {} },
    actions: [{ ...button, block_id: blockId, action_ts: message.ts }],
  };
}

/** The body that Slack sends when a dialog is submitted. `values` by block id, then action id. */
export function viewSubmission(
  { workspace, user, triggerId }: Interaction,
  view: DemoSlackView,
  values: Readonly<Record<string, Readonly<Record<string, string>>>>,
): Record<string, unknown> {
  const inputs = Object.entries(values).map(([block, fields]) => [
    block,
    Object.fromEntries(
      Object.entries(fields).map(([id, value]) => [id, { type: 'plain_text_input', value }]),
    ),
  ]);
  return {
    ...envelope('view_submission', { workspace, user, triggerId }),
    view: {
      ...view,
      team_id: workspace.teamId,
      app_id: workspace.appId,
      type: 'modal',
      state: { values: Object.fromEntries(inputs) as Record<string, unknown> },
    },
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

function buttonOf(message: DemoSlackMessage, actionId: string) {
  for (const block of message.blocks) {
    const buttons = (block.elements ?? []).map((element) => Button.safeParse(element).data);
    const button = buttons.find((one) => one?.type === 'button' && one.action_id === actionId);
    if (button !== undefined) return { blockId: block.block_id ?? '', button };
  }
  throw new Error(`the message ${message.ts} has no button "${actionId}"`);
}
