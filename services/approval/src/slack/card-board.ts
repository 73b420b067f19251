import type { Clock } from '@drawbridge/kernel';
import { isClaim, type CardMemory, type CardPlace } from './card-memory.js';
import type { Card } from './card.js';
import type { SlackWorkspace } from './slack-workspace.js';

/** What cards are about. */
export interface Told {
  readonly id: string;
  /** Grows with each change. */
  readonly revision: number;
}

/** How one kind of story gets onto a card. */
export interface CardSubject<Story extends Told> {
  readonly story: (id: string) => Promise<Story | undefined>;
  /** Whether humans have to be told of it by now. */
  readonly isAsked: (story: Story) => boolean;
  readonly render: (story: Story) => Card;
  /** No card of it is older. */
  readonly since: (story: Story) => string;
}

export interface CardBoardOptions<Story extends Told> extends CardSubject<Story> {
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
 * One card per request or held call, always showing the newest state in the end.
 *
 * Posting is append-first: events are facts before Slack hears of them. The right to post is claimed before,
 * and the place is remembered after it; whoever takes over a claim searches the channel first, so that a
 * crash in between neither doubles nor loses the card.
 */
export class CardBoard<Story extends Told> {
  constructor(private readonly options: CardBoardOptions<Story>) {}

  /**
   * Makes the card show the request as it is now. Harmless when repeated or run twice at once.
   *
   * @returns whether humans are asked about it, so that there is a card
   * @throws SlackUnavailable, EventStoreError
   */
  async show(requestId: string): Promise<boolean> {
    const story = await this.options.story(requestId);
    if (story === undefined || !this.options.isAsked(story)) return false;
    const place = await this.options.memory.find(requestId);
    const shown: Shown<Story> = place === undefined ? await this.#post(story) : { place };
    await this.#converge(requestId, shown);
    return true;
  }

  /** Where the card is, also when nobody could remember it after posting. */
  async locate(story: Story): Promise<CardPlace | undefined> {
    const place = await this.options.memory.find(story.id);
    if (place !== undefined) return place;
    const ts = await this.#find(story);
    return ts === undefined ? undefined : { channel: this.options.channel, ts };
  }

  #find(story: Story): Promise<string | undefined> {
    const { channel, render, since, workspace } = this.options;
    return workspace.find(channel, render(story).metadata, since(story));
  }

  async #post(story: Story): Promise<Shown<Story>> {
    const { memory, workspace, channel, clock, instance, holdMs } = this.options;
    const claimant = { by: instance, now: clock(), holdMs };
    const claim = await memory.claim(story.id, claimant);
    if (!isClaim(claim)) return { place: claim };
    const found = claim.first ? undefined : await this.#find(story);
    const place = {
      channel,
      ts: found ?? (await workspace.post(channel, this.options.render(story))),
    };
    await memory.remember(story.id, place, claim);
    return found === undefined ? { place, written: story } : { place };
  }

  /**
   * Writes until what was written last is the newest state: of two replicas that write at the same time, the
   * one that wrote last reads once more, and so the newest wins.
   */
  async #converge(requestId: string, { place, written }: Shown<Story>): Promise<void> {
    for (let last = written; ;) {
      const newest = await this.options.story(requestId);
      if (newest === undefined || newest.revision === last?.revision) return;
      await this.options.workspace.update(place, this.options.render(newest));
      last = newest;
    }
  }
}

/** A card and what this process has just written on it, if it has. */
interface Shown<Story> {
  readonly place: CardPlace;
  readonly written?: Story;
}
