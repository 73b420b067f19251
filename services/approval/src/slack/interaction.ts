import { z } from 'zod';

const id = z.string().min(1).max(64);

/** What every interaction says about where it comes from. */
export const Envelope = z.looseObject({
  type: z.string(),
  /** Absent or `null` for an app that is installed for a whole organisation: not us. */
  team: z.looseObject({ id }),
  api_app_id: id,
  user: z.looseObject({ id, team_id: id.optional() }),
  trigger_id: z.string().min(1).max(256),
});
export type Envelope = z.infer<typeof Envelope>;

/** What a press on an element of a message says, whatever the element. */
export const pressed = {
  type: z.literal('block_actions'),
  trigger_id: z.string().min(1).max(256),
  container: z.looseObject({ type: z.literal('message'), message_ts: id, channel_id: id }),
};

/** The message on which something was pressed. */
export interface PressedMessage {
  readonly container: { readonly channel_id: string; readonly message_ts: string };
}

/** What a dialog brings back of what we gave it: JSON, that is then parsed further. */
export const metadataText = z.string().max(3000).transform(parseJson);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** One line of plain text out of what was typed in; `undefined` when nothing is left of it. */
export function typedLine(typed: string | null | undefined): string | undefined {
  const line = (typed ?? '')
    .replaceAll(/[\p{Cc}\p{Bidi_Control}]+/gu, ' ')
    .trim()
    .slice(0, 500);
  return line === '' ? undefined : line;
}

const InChannel = z.union([
  z
    .looseObject({ container: z.looseObject({ channel_id: id }) })
    .transform(({ container }) => container.channel_id),
  z
    .looseObject({ view: z.looseObject({ private_metadata: z.looseObject({ channel: id }) }) })
    .transform(({ view }) => view.private_metadata.channel),
]);

/** The channel in which something was pressed, or where the button was that opened a dialog. */
export function channelOf(taken: Envelope): string | undefined {
  return InChannel.safeParse(taken).data;
}
