import type { AccessEvent } from '@drawbridge/contracts';
import type { Clock, RecordedEvent } from '@drawbridge/kernel';
import type { RequestStory } from '../domain/request-story.js';
import type { CardBoard } from './card-board.js';
import { isClaim, type CardMemory, type CardPlace } from './card-memory.js';
import type { Card } from './card.js';
import { isNudge, renderNudge, type Mentionable } from './nudge-post.js';
import { SlackUnavailable } from './slack-unavailable.js';
import type { SlackWorkspace } from './slack-workspace.js';

export interface NudgesOptions extends Omit<Mentionable, 'people' | 'at'> {
  readonly board: Pick<CardBoard<RequestStory>, 'show'>;
  readonly memory: CardMemory;
  readonly workspace: Pick<SlackWorkspace, 'reply' | 'findReply'>;
  readonly story: (requestId: string) => Promise<RequestStory | undefined>;
  /** Who there is; `undefined` while nobody is known. */
  readonly people: () => Mentionable['people'] | undefined;
  readonly clock: Clock;
  /** Unique per process. */
  readonly instance: string;
  /** For how long posting may take, before another replica may try. */
  readonly holdMs: number;
}

/**
 * Tells in the thread of a card that its step still waits, once for each event: the right to post is claimed
 * before and the place remembered after it, as for cards, and whoever takes over a claim searches the thread first.
 */
export class Nudges {
  constructor(private readonly options: NudgesOptions) {}

  /** @throws SlackUnavailable, EventStoreError */
  async post({ aggregateId, id, event }: RecordedEvent<AccessEvent>): Promise<void> {
    const { board, memory, people, clock } = this.options;
    if (!isNudge(event)) return;
    await board.show(aggregateId);
    const key = `${aggregateId}.${id}`;
    if ((await memory.find(key)) !== undefined) return;
    const [story, place] = [await this.options.story(aggregateId), await memory.find(aggregateId)];
    const known = people();
    if (story === undefined || known === undefined) return;
    const mentionable = { ...this.options, people: known, at: clock().toISOString() };
    const post = renderNudge(story, { event, id }, mentionable);
    if (post === undefined) return;
    if (place === undefined) throw new SlackUnavailable('slack_card_busy', 'there is no card yet');
    await this.#once(key, place, post);
  }

  async #once(key: string, { channel, ts }: CardPlace, post: Card): Promise<void> {
    const { memory, workspace, clock, instance, holdMs } = this.options;
    const claim = await memory.claim(key, { by: instance, now: clock(), holdMs });
    if (!isClaim(claim)) return;
    const found = claim.first ? undefined : await workspace.findReply(ts, post.metadata);
    const reply = found ?? (await workspace.reply(ts, post));
    await memory.remember(key, { channel, ts: reply }, claim);
  }
}
