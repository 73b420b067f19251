import {
  WebAPIRateLimitedError,
  type Logger,
  type ChatPostMessageArguments,
  WebClient,
} from '@slack/web-api';
import type { types } from '@slack/bolt';
import { z } from 'zod';
import type { Clock } from '@drawbridge/kernel';
import type { CardPlace } from './card-memory.js';
import { BoundedMap } from './bounded-map.js';
import type { Card } from './card.js';
import { isNoPlace, platformError } from './no-place.js';
import { SlackUnavailable } from './slack-unavailable.js';

const HISTORY_PAGE = 200;
const HISTORY_PAGES = 10;
/** Clocks of Slack and of ours differ. */
const HISTORY_SLACK_SECONDS = 300;
/** Answers to an update that no other attempt can change: the message or the right to edit it is gone. */
const GONE = new Set([
  'message_not_found',
  'thread_not_found',
  'edit_window_closed',
  'cant_update_message',
  'is_archived',
]);

export interface SlackWorkspaceOptions {
  readonly apiUrl: string;
  readonly botToken: string;
  readonly teamId: string;
  readonly channel: string;
  /** After which a call counts as failed; it may still have been done. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

const Message = z.looseObject({
  ts: z.string(),
  user: z.string().optional(),
  bot_id: z.string().optional(),
  metadata: z
    .looseObject({
      event_type: z.string(),
      event_payload: z.record(z.string(), z.unknown()),
    })
    .optional()
    .catch(undefined),
});
type Message = z.infer<typeof Message>;
const HistoryPage = z.looseObject({
  messages: z.array(Message).default([]),
  response_metadata: z.looseObject({ next_cursor: z.string().optional() }).optional(),
});
type HistoryPage = z.infer<typeof HistoryPage>;

interface Bot {
  readonly userId: string;
  readonly botId?: string | undefined;
}

/**
 * The workspace and channel in which approvers are asked. Every call either does what it says or throws
 * {@link SlackUnavailable}; it never retries by itself, and while Slack asks to wait it does not call.
 */
export class SlackWorkspace {
  readonly #client: WebClient;
  #bot: Bot | undefined;
  /** By channel and timestamp; as many as cards are looked at in lists. */
  readonly #links = new BoundedMap<string, string>(1_000);
  /** By user. */
  readonly #direct = new BoundedMap<string, string>(1_000);
  /** Until when (ms since epoch) Slack asks not to call a method again; its limits are per method. */
  readonly #notBefore = new Map<string, number>();

  constructor(private readonly options: SlackWorkspaceOptions) {
    this.#client = new WebClient(options.botToken, {
      slackApiUrl: options.apiUrl,
      allowAbsoluteUrls: false,
      timeout: options.timeoutMs,
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      logger: options.logger,
      // The default follows redirects, and would carry the token along.
      fetch: (url, init) => fetch(url, { ...init, redirect: 'error' }),
    });
  }

  /** Posts the card and returns the timestamp that names the message. */
  post(channel: string, card: Card): Promise<string> {
    return this.#post({ channel }, card);
  }

  /** Posts below another message, and returns the timestamp that names the reply; `undefined` when that one is gone. */
  async reply({ channel, ts }: CardPlace, card: Card): Promise<string | undefined> {
    try {
      return await this.#post({ channel, thread_ts: ts }, card);
    } catch (error) {
      if (GONE.has(platformError(error) ?? '')) return undefined;
      throw error;
    }
  }

  async #post(
    to: { readonly channel: string; readonly thread_ts?: string },
    { text, blocks, metadata }: Card,
  ): Promise<string> {
    await this.#requireOwnWorkspace();
    const message = { text, blocks, metadata, ...literal, ...to };
    const { ts } = await this.#call('chat.postMessage', () =>
      this.#client.chat.postMessage(message),
    );
    if (ts === undefined)
      throw new SlackUnavailable('slack_unavailable', 'Slack gave no timestamp');
    return ts;
  }

  /** Shows this card in place of the one before. A message that is gone is left alone. */
  async update({ channel, ts }: CardPlace, { text, blocks, metadata }: Card): Promise<void> {
    const message = { channel, ts, text, blocks, metadata };
    try {
      await this.#call('chat.update', () =>
        this.#client.chat.update({ ...message, parse: 'none' }),
      );
    } catch (error) {
      if (!GONE.has(platformError(error) ?? '')) throw error;
    }
  }

  /** Timestamp of our own message with this metadata in a channel, posted at or after `since`. */
  find(channel: string, wanted: types.MessageMetadata, since: string): Promise<string | undefined> {
    const oldest = String(Math.floor(Date.parse(since) / 1000) - HISTORY_SLACK_SECONDS);
    return this.#findOn((cursor) => this.#history({ channel, oldest }, cursor), wanted);
  }

  /** Timestamp of our own message with this metadata below another one. */
  findReply(thread: CardPlace, wanted: types.MessageMetadata): Promise<string | undefined> {
    return this.#findOn((cursor) => this.#replies(thread, cursor), wanted);
  }

  async #findOn(
    pageAt: (cursor?: string) => Promise<HistoryPage>,
    wanted: types.MessageMetadata,
  ): Promise<string | undefined> {
    const bot = await this.#requireOwnWorkspace();
    let cursor: string | undefined;
    for (let page = 0; page < HISTORY_PAGES; page += 1) {
      const { messages, response_metadata: more } = await pageAt(cursor);
      // The oldest is the one that was posted first.
      const found = messages.findLast((message) => isCard(message, { bot, wanted }));
      if (found !== undefined) return found.ts;
      cursor = more?.next_cursor;
      if (cursor === undefined || cursor === '') return undefined;
    }
    return undefined;
  }

  /** Tells one user alone: where they are, in the channel of last resort, or directly when they are not there. */
  async tell(user: string, text: string, channel = this.options.channel): Promise<void> {
    const message = { channel, user, text, ...literal };
    try {
      await this.#call('chat.postEphemeral', () => this.#client.chat.postEphemeral(message));
    } catch (error) {
      if (!isNoPlace(error) && platformError(error) !== 'user_not_in_channel') throw error;
      const direct = { channel: await this.openDirect(user), text, ...literal };
      await this.#call('chat.postMessage', () => this.#client.chat.postMessage(direct));
    }
  }

  /** The channel in which only we and one person are. */
  async openDirect(user: string): Promise<string> {
    const known = this.#direct.get(user);
    if (known !== undefined) return known;
    await this.#requireOwnWorkspace();
    const { channel } = await this.#call('conversations.open', () =>
      this.#client.conversations.open({ users: user }),
    );
    if (channel?.id === undefined)
      throw new SlackUnavailable('slack_unavailable', 'Slack opened no conversation');
    this.#direct.set(user, channel.id);
    return channel.id;
  }

  async openDialog(triggerId: string, view: types.ModalView): Promise<void> {
    await this.#call('views.open', () => this.#client.views.open({ trigger_id: triggerId, view }));
  }

  /** Where a message can be opened. */
  async linkTo({ channel, ts }: CardPlace): Promise<string | undefined> {
    const known = this.#links.get(`${channel}/${ts}`);
    if (known !== undefined) return known;
    const { permalink } = await this.#call('chat.getPermalink', () =>
      this.#client.chat.getPermalink({ channel, message_ts: ts }),
    );
    if (permalink !== undefined) this.#links.set(`${channel}/${ts}`, permalink);
    return permalink;
  }

  /** Shows somebody their home. */
  async publishHome(user: string, view: types.HomeView): Promise<void> {
    await this.#call('views.publish', () => this.#client.views.publish({ user_id: user, view }));
  }

  /** The metadata of a message of ours in whose thread something was said; `undefined` for one of others. */
  async metadataOf({ channel, ts }: CardPlace): Promise<Message['metadata']> {
    const bot = await this.#requireOwnWorkspace();
    const { messages } = await this.#replies({ channel, ts });
    const parent = messages.find((message) => message.ts === ts);
    return parent !== undefined && isBy(parent, bot) ? parent.metadata : undefined;
  }

  /**
   * Answers a command later, at the address that Slack gave for it: only Slack's own is called.
   *
   * @throws SlackUnavailable
   */
  async respond(responseUrl: string, message: EphemeralAnswer): Promise<void> {
    const isSlack =
      new URL(responseUrl).origin === new URL(this.options.apiUrl).origin ||
      new URL(responseUrl).origin === 'https://hooks.slack.com';
    if (!isSlack) throw new SlackUnavailable('slack_refused', 'an answer would not go to Slack');
    try {
      const response = await fetch(responseUrl, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ response_type: 'ephemeral', ...message }),
        redirect: 'error',
        signal: AbortSignal.timeout(this.options.timeoutMs),
      });
      if (!response.ok) throw new Error(`answered with ${response.status}`);
    } catch (cause) {
      throw new SlackUnavailable('slack_unavailable', 'Slack took no answer', { cause });
    }
  }

  /** Our own user in the workspace; `undefined` until a call has told. */
  get botUserId(): string | undefined {
    return this.#bot?.userId;
  }

  async #requireOwnWorkspace(): Promise<Bot> {
    if (this.#bot !== undefined) return this.#bot;
    const {
      team_id: teamId,
      user_id: userId,
      bot_id: botId,
    } = await this.#call('auth.test', () => this.#client.auth.test());
    if (teamId !== this.options.teamId || userId === undefined) {
      const message = `the Slack token belongs to workspace "${teamId ?? ''}", expected "${this.options.teamId}"`;
      throw new SlackUnavailable('slack_workspace_wrong', message);
    }
    this.#bot = { userId, botId };
    return this.#bot;
  }

  async #replies({ channel, ts }: CardPlace, cursor?: string): Promise<HistoryPage> {
    const answer = await this.#call('conversations.replies', () =>
      this.#client.conversations.replies({
        channel,
        ts,
        include_all_metadata: true,
        limit: HISTORY_PAGE,
        ...(cursor === undefined ? {} : { cursor }),
      }),
    );
    return HistoryPage.parse(answer);
  }

  async #history(
    { channel, oldest }: { readonly channel: string; readonly oldest: string },
    cursor?: string,
  ): Promise<HistoryPage> {
    const answer = await this.#call('conversations.history', () =>
      this.#client.conversations.history({
        channel,
        oldest,
        include_all_metadata: true,
        limit: HISTORY_PAGE,
        ...(cursor === undefined ? {} : { cursor }),
      }),
    );
    return HistoryPage.parse(answer);
  }

  async #call<Answer>(method: string, call: () => Promise<Answer>): Promise<Answer> {
    const waitMs = (this.#notBefore.get(method) ?? 0) - this.options.clock().getTime();
    if (waitMs > 0) throw rateLimited(waitMs);
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof WebAPIRateLimitedError)) throw translate(error);
      const retryMs = error.retryAfter * 1000;
      this.#notBefore.set(method, this.options.clock().getTime() + retryMs);
      throw rateLimited(retryMs, error);
    }
  }
}

/** Nothing in our text is turned into a link, a mention or a preview. */
const literal = {
  mrkdwn: false,
  parse: 'none',
  link_names: false,
  unfurl_links: false,
  unfurl_media: false,
} satisfies Partial<ChatPostMessageArguments>;

/** What only one person sees. */
export interface EphemeralAnswer {
  readonly text: string;
  readonly blocks?: readonly types.KnownBlock[];
}

const isBy = ({ user, bot_id: botId }: Message, bot: Bot): boolean =>
  user === bot.userId || (botId !== undefined && botId === bot.botId);

function isCard(
  message: Message,
  { bot, wanted }: { readonly bot: Bot; readonly wanted: types.MessageMetadata },
): boolean {
  const { metadata } = message;
  if (!isBy(message, bot) || metadata?.event_type !== wanted.event_type) return false;
  const known = metadata.event_payload;
  return Object.entries(wanted.event_payload).every(([field, value]) => known[field] === value);
}

function translate(error: unknown): SlackUnavailable {
  const said = platformError(error);
  if (said !== undefined && !isPassing(said)) {
    return new SlackUnavailable('slack_refused', `Slack refused: ${said}`, { cause: error });
  }
  return new SlackUnavailable('slack_unavailable', 'Slack cannot be reached', { cause: error });
}

/** Failures of Slack itself that it reports as an answer. */
const isPassing = (said: string): boolean =>
  ['internal_error', 'fatal_error', 'service_unavailable', 'request_timeout'].includes(said);

const rateLimited = (waitMs: number, cause?: unknown): SlackUnavailable =>
  new SlackUnavailable('slack_rate_limited', `Slack asks to wait ${Math.ceil(waitMs / 1000)} s`, {
    cause,
  });
