import type { LoggerService } from '@nestjs/common';
import type { Decider } from './card-audience.js';
import { directKey, type CardPlace, type Claim, type KnownCard } from './card-memory.js';
import { postOnce, type CardPostOptions } from './card-post.js';
import type { Card } from './card.js';
import { isRefusedByPerson } from './no-place.js';
import { routeOf, type Routed, type Routing } from './routing.js';

/** How many people get a card directly at a time: a message to everybody is one to nobody. */
const MAX_DIRECT = 5;
/** Of one card, however often further people were asked. */
const MAX_DIRECT_EVER = 20;

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
  /** What of it decides where its card goes. */
  readonly routed: (story: Story) => Routed;
  /** Whose decision would count now; nobody's once it is decided. */
  readonly deciders: (story: Story) => readonly Decider[];
  /** Who was or is asked about it. */
  readonly asked: (story: Story) => readonly Decider[];
}

export interface CardBoardOptions<Story extends Told> extends CardSubject<Story>, CardPostOptions {
  /** Of last resort. */
  readonly channel: string;
  /** By the configuration in force. */
  readonly routing: () => Routing;
  readonly logger: LoggerService;
}

/**
 * One card per request or held call, always showing the newest state in the end: in the channel that routing says when
 * it is first posted, and from then on there; directly with those who may decide where that channel takes nothing of
 * ours, or where the route says so as well.
 *
 * Posting is append-first: events are facts before Slack hears of them.
 */
export class CardBoard<Story extends Told> {
  constructor(private readonly options: CardBoardOptions<Story>) {}

  /**
   * Makes every message of the card show the request as it is now. Harmless when repeated or run twice at once.
   *
   * @returns whether humans are asked about it, so that there is a card
   * @throws SlackUnavailable, EventStoreError
   */
  async show(id: string): Promise<boolean> {
    const story = await this.options.story(id);
    if (story === undefined || !this.options.isAsked(story)) return false;
    const begun = await this.#begin(story);
    const known = await this.#widen(story, begun.known);
    const { place } = known;
    if (place !== undefined) await this.#converge(story, { ...begun, place });
    for (const one of await this.#showDirectly(story, known)) await this.#converge(story, one);
    return true;
  }

  /** Where the card is, also when nobody could remember it after posting. */
  async locate(story: Story): Promise<readonly CardPlace[]> {
    const { memory, channel: last, routing, workspace } = this.options;
    const places = await memory.placesOf(story.id);
    if (places.length > 0) return places;
    const channels = new Set([last, ...routing().routes.map(({ channel }) => channel)]);
    for (const channel of channels) {
      const { metadata } = this.options.render(story);
      const ts = await workspace.find(channel, metadata, this.options.since(story));
      if (ts !== undefined) return [{ channel, ts }];
    }
    return [];
  }

  /** Posts it where routing says, unless it was posted before. */
  async #begin(story: Story): Promise<Begun<Story>> {
    const known = await this.options.memory.known(story.id);
    if (known !== undefined) return { known };
    const { routes } = this.options.routing();
    const channel = this.#route(story)?.channel ?? this.options.channel;
    const elsewhere = [this.options.channel, ...routes.map((route) => route.channel)];
    const posting = { ...this.#posting(story, story.id), channel, elsewhere };
    const posted = await postOnce(this.options, posting, (claim, error) =>
      this.#goDirect(story, claim, error),
    );
    return { known: posted.known, ...(posted.isNew ? { written: story } : {}) };
  }

  /** No channel: those who may decide get it themselves, if there are any in Slack. */
  #goDirect(story: Story, claim: Claim, error: unknown): Promise<KnownCard> {
    const { deciders, asked, memory, logger } = this.options;
    const [now, ever] = [deciders(story), asked(story)];
    // It may be decided by the time that it is posted; then it tells what became of it.
    const users = (now.length > 0 ? now : ever).map(({ user }) => user);
    if (users.length === 0) throw error;
    logger.warn({ msg: 'no channel for a card, it goes to people', id: story.id, err: error });
    return memory.rememberDirect(story.id, users.slice(0, MAX_DIRECT), claim);
  }

  /** Further people get it directly when further people are asked. */
  async #widen(story: Story, known: KnownCard): Promise<KnownCard> {
    const deciders = this.options.deciders(story);
    const groups = this.#route(story)?.alsoDirect ?? [];
    const isMeant = (decider: Decider) =>
      known.place === undefined || decider.groups.some((group) => groups.includes(group));
    const users = deciders.filter(isMeant).map(({ user }) => user);
    const further = users.filter((user) => !known.direct.includes(user));
    const room = Math.min(
      MAX_DIRECT - (users.length - further.length),
      MAX_DIRECT_EVER - known.direct.length,
    );
    if (further.length === 0 || room <= 0) return known;
    const direct = [...known.direct, ...further.slice(0, room)];
    return this.options.memory.rememberDirect(story.id, direct, known);
  }

  /** Who takes no messages of ours does not keep it from the others; only nobody at all is a failure. */
  async #showDirectly(story: Story, { direct, place }: KnownCard): Promise<Shown<Story>[]> {
    const shown: Shown<Story>[] = [];
    const refusals: Error[] = [];
    for (const user of direct) {
      try {
        shown.push(await this.#showTo(user, story));
      } catch (error) {
        if (!(error instanceof Error) || !isRefusedByPerson(error)) throw error;
        const { logger } = this.options;
        logger.warn({ msg: 'card not sent to a person', id: story.id, err: error });
        refusals.push(error);
      }
    }
    const [refusal] = refusals;
    if (place === undefined && shown.length === 0 && refusal !== undefined) throw refusal;
    return shown;
  }

  async #showTo(user: string, story: Story): Promise<Shown<Story>> {
    const { memory, workspace } = this.options;
    const key = directKey(story.id, user);
    const place = await memory.find(key);
    if (place !== undefined) return { place };
    const channel = await workspace.openDirect(user);
    const posting = { ...this.#posting(story, key), channel, elsewhere: [] };
    const { known, isNew } = await postOnce(this.options, posting);
    if (known.place === undefined) throw new Error('a message has no place');
    return { place: known.place, ...(isNew ? { written: story } : {}) };
  }

  #posting(story: Story, key: string) {
    const { workspace, render, since } = this.options;
    const card = render(story);
    return {
      key,
      post: (channel: string) => workspace.post(channel, card),
      find: (channel: string) => workspace.find(channel, card.metadata, since(story)),
    };
  }

  #route(story: Story) {
    return routeOf(this.options.routing(), this.options.routed(story));
  }

  /**
   * Writes until what was written last is the newest state: of two replicas that write at the same time, the
   * one that wrote last reads once more, and so the newest wins.
   */
  async #converge(story: Story, { place, written }: Shown<Story>): Promise<void> {
    const read = () => this.options.story(story.id);
    let newest = written === undefined ? story : await read();
    for (let last = written; newest !== undefined && newest.revision !== last?.revision;) {
      await this.options.workspace.update(place, this.options.render(newest));
      last = newest;
      newest = await read();
    }
  }
}

interface Begun<Story> {
  readonly known: KnownCard;
  /** What this process has just written in the channel, if it has. */
  readonly written?: Story;
}

/** A message of a card and what this process has just written on it, if it has. */
interface Shown<Story> {
  readonly place: CardPlace;
  readonly written?: Story;
}
