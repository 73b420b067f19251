import type { AccessEvent, Principal } from '@drawbridge/contracts';
import type { Clock, RecordedEvent } from '@drawbridge/kernel';
import { withOnCall, type People } from '@drawbridge/people';
import { isSameHuman } from '@drawbridge/scope';
import type { RequestStory } from '../domain/request-story.js';
import type { GrantedStory } from '../nats/open-grants.js';
import { renderBreakGlassCard } from './break-glass-card.js';
import { CardBoard, type CardBoardOptions, type CardSubject, type Told } from './card-board.js';
import { CardThread } from './card-thread.js';
import { noRouting } from './routing.js';
import { renderReviewPost } from './review-post.js';

/** A message to everybody is read by nobody. */
const MAX_TOLD = 10;

export interface BreakGlassBoardOptions {
  /** What every card needs. */
  readonly places: Omit<CardBoardOptions<Told>, keyof CardSubject<Told> | 'channel' | 'routing'>;
  readonly story: (requestId: string) => Promise<RequestStory | undefined>;
  /** Who there is; `undefined` while nobody is known. */
  readonly people: () => People | undefined;
  readonly isDisabled: (human: Principal) => boolean;
  readonly teamId: string;
  readonly clock: Clock;
}

/** One of the messages about a request, as a card of its own. */
interface Announced extends Told {
  readonly story: GrantedStory;
}

/** Where one of them is: a channel, or the account of somebody who is told directly. */
type Place = { readonly channel: string } | { readonly user: string };

/**
 * Announces access that nobody approved: a card of its own in each channel of the policy, and a direct message to the
 * humans who would have been asked. Each is kept true until the review is completed.
 */
export class BreakGlassBoard {
  constructor(private readonly options: BreakGlassBoardOptions) {}

  /**
   * Posts what is not posted yet, and brings the rest up to date. One that fails keeps no other waiting.
   *
   * @throws SlackUnavailable, EventStoreError
   */
  async show(requestId: string): Promise<void> {
    const story = grantedOf(await this.options.story(requestId));
    if (story === undefined) return;
    const places: Place[] = [
      ...channelsOf(story).map((channel) => ({ channel })),
      ...this.#told(story).map((user) => ({ user })),
    ];
    await eachOnItsOwn(places, (place) => this.#show(story, place));
  }

  /**
   * Says in the threads of the announcements that a review is wanted, still wanted or done; once for each event. One
   * that fails keeps no other waiting.
   *
   * @throws SlackUnavailable, EventStoreError
   */
  async tell({ aggregateId, id: eventId, event }: RecordedEvent<AccessEvent>): Promise<void> {
    const story = grantedOf(await this.options.story(aggregateId));
    const post = story && renderReviewPost(story, event, { ...this.options, at: this.#now() });
    if (story === undefined || post === undefined) return;
    await eachOnItsOwn(channelsOf(story), (channel) => {
      const id = keyOf(story.id, { channel });
      const board = this.#boardOf(story.id, { id, channel });
      return new CardThread({ ...this.options.places, board }).say({ id, eventId, ...post });
    });
  }

  async #show(story: GrantedStory, place: Place): Promise<void> {
    const { memory, workspace } = this.options.places;
    const id = keyOf(story.id, place);
    if ('channel' in place) {
      await this.#boardOf(story.id, { id, ...place }).show(id);
      return;
    }
    const known = await memory.find(id);
    // What is over is no news to somebody who was not told before.
    if (known === undefined && story.grant.ended !== undefined) return;
    const channel = known?.channel ?? (await workspace.openDirect(place.user));
    await this.#boardOf(story.id, { id, channel }).show(id);
  }

  #boardOf(
    requestId: string,
    { id, channel }: { readonly id: string; readonly channel: string },
  ): CardBoard<Announced> {
    return new CardBoard<Announced>({
      ...this.options.places,
      channel,
      story: async () => {
        const story = grantedOf(await this.options.story(requestId));
        return story && { id, revision: story.revision, story };
      },
      isAsked: () => true,
      render: ({ story }) => renderBreakGlassCard(story),
      since: ({ story }) => story.validatedAt,
      // It is where its policy says and nowhere else.
      routing: () => noRouting,
      routed: ({ story }) => ({ ...story.terms, risk: story.risk.level }),
      deciders: () => [],
      asked: () => [],
    });
  }

  /** Accounts of those who would have been asked, and of those who review. */
  #told({ terms: { breakGlass }, requester }: GrantedStory): readonly string[] {
    const { people, isDisabled, teamId } = this.options;
    const known = people();
    if (known === undefined || breakGlass === undefined) return [];
    const users = known.humans.flatMap(({ principal, slack }) => {
      if (slack?.team !== teamId || isDisabled(principal)) return [];
      if (isSameHuman(principal, requester)) return [];
      const { groups } = withOnCall(known, principal, this.#now());
      return groups.some((group) => breakGlass.tell.includes(group)) ? [slack.user] : [];
    });
    return [...new Set(users)].slice(0, MAX_TOLD);
  }

  #now(): string {
    return this.options.clock().toISOString();
  }
}

/** Does it for all of them, and fails with the first that failed. */
async function eachOnItsOwn<One>(
  all: readonly One[],
  act: (one: One) => Promise<void>,
): Promise<void> {
  const done = await Promise.allSettled(all.map(act));
  for (const one of done) if (one.status === 'rejected') throw one.reason;
}

const channelsOf = ({ terms }: GrantedStory): readonly string[] => [
  ...new Set(terms.breakGlass?.announce),
];

/** By which the place of a message is remembered. */
const keyOf = (requestId: string, place: Place): string =>
  'channel' in place ? `${requestId}.glass-${place.channel}` : `${requestId}.glass-${place.user}`;

/** Only what nobody approved, and only once it is granted. */
function grantedOf(story: RequestStory | undefined): GrantedStory | undefined {
  if (story?.terms.breakGlass === undefined || story.grant === undefined) return undefined;
  return { ...story, grant: story.grant };
}
