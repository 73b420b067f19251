import { z } from 'zod';

const id = z.string().min(1).max(64);

/** What every event says about where it comes from. */
export const EventEnvelope = z.looseObject({
  type: z.literal('event_callback'),
  team_id: id,
  api_app_id: id,
  /** The same for every attempt to deliver it. */
  event_id: id,
  event: z.looseObject({ type: z.string().max(100) }),
});
export type EventEnvelope = z.infer<typeof EventEnvelope>;

/** Somebody opened our home. */
export const HomeOpened = EventEnvelope.extend({
  event: z.looseObject({ type: z.literal('app_home_opened'), user: id, tab: z.literal('home') }),
});
export type HomeOpened = z.infer<typeof HomeOpened>;

/** Somebody wrote something below a message: new, by a person, and nothing else that Slack calls a message. */
export const ThreadReply = EventEnvelope.extend({
  event: z.looseObject({
    type: z.literal('message'),
    user: id,
    user_team: id.optional(),
    channel: id,
    ts: id,
    thread_ts: id,
    /** Who wrote the first message of the thread. */
    parent_user_id: id.optional(),
    text: z.string().min(1).max(40_000),
    subtype: z.undefined().optional(),
    bot_id: z.undefined().optional(),
    app_id: z.undefined().optional(),
  }),
});
export type ThreadReply = z.infer<typeof ThreadReply>;

/** An event that is ours to answer. */
export const OurEvent = z.union([HomeOpened, ThreadReply]);
