import type { Clock } from '@drawbridge/kernel';
import type { RequestStory } from '../domain/request-story.js';
import { isClaim, type CardMemory, type CardPlace } from './card-memory.js';
import { renderCard } from './card.js';
import type { SlackWorkspace } from './slack-workspace.js';

export interface CardBoardOptions {
  readonly story: (requestId: string) => Promise<RequestStory | undefined>;
  readonly memory: CardMemory;
  readonly workspace: SlackWorkspace;
  readonly channel: string;
  readonly clock: Clock;
  /** Unique per process. */
  readonly instance: string;
  /** For how long posting may take, before another replica may try. */
  readonly holdMs: number;
}

/**
 * One card per request, always showing the newest state in the end.
 *
 * Posting is append-first: events are facts before Slack hears of them. The right to post is claimed before,
 * and the place is remembered after it; whoever takes over a claim searches the channel first, so that a
 * crash in between neither doubles nor loses the card.
 */
export class CardBoard {
  constructor(private readonly options: CardBoardOptions) {}

  /**
   * Makes the card show the request as it is now. Harmless when repeated or run twice at once.
   *
   * @throws SlackUnavailable, EventStoreError
   */
  async show(requestId: string): Promise<void> {
    const story = await this.options.story(requestId);
    if (story?.decideBy === undefined) return;
    const place = await this.options.memory.find(requestId);
    const shown = place === undefined ? await this.#post(story) : { place };
    await this.#converge(requestId, shown);
  }

  /** Where the card is, also when nobody could remember it after posting. */
  async locate(story: RequestStory): Promise<CardPlace | undefined> {
    const place = await this.options.memory.find(story.id);
    if (place !== undefined) return place;
    const ts = await this.options.workspace.find(story.id, story.validatedAt);
    return ts === undefined ? undefined : { channel: this.options.channel, ts };
  }

  async #post(story: RequestStory): Promise<Shown> {
    const { memory, workspace, channel, clock, instance, holdMs } = this.options;
    const claimant = { by: instance, now: clock(), holdMs };
    const claim = await memory.claim(story.id, claimant);
    if (!isClaim(claim)) return { place: claim };
    const found = claim.first ? undefined : await workspace.find(story.id, story.validatedAt);
    const place = { channel, ts: found ?? (await workspace.post(renderCard(story))) };
    await memory.remember(story.id, place, claim);
    return found === undefined ? { place, written: story } : { place };
  }

  /**
   * Writes until what was written last is the newest state: of two replicas that write at the same time, the
   * one that wrote last reads once more, and so the newest wins.
   */
  async #converge(requestId: string, { place, written }: Shown): Promise<void> {
    for (let last = written; ;) {
      const newest = await this.options.story(requestId);
      if (newest === undefined || newest.revision === last?.revision) return;
      await this.options.workspace.update(place.ts, renderCard(newest));
      last = newest;
    }
  }
}

/** A card and what this process has just written on it, if it has. */
interface Shown {
  readonly place: CardPlace;
  readonly written?: RequestStory;
}
