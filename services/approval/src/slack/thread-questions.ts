import type { LoggerService } from '@nestjs/common';
import { RequestId } from '@drawbridge/contracts';
import { uuidV7 } from '@drawbridge/runtime';
import type { Clock } from '@drawbridge/kernel';
import type { RequestStory } from '../domain/request-story.js';
import type { AccessApprovals } from '../nats/access-approvals.js';
import { BoundedMap } from './bounded-map.js';
import type { CardBoard } from './card-board.js';
import type { CardPlace } from './card-memory.js';
import { requireSamePlace } from './card-place.js';
import { CARD_METADATA } from './card.js';
import { typedLine } from './interaction.js';
import { questionIdOf } from './question-id.js';
import type { ThreadReply } from './slack-event.js';
import { slackHuman, type KnownPeople } from './slack-human.js';
import type { SlackWorkspace } from './slack-workspace.js';
import type { Told } from './slack-decisions.js';
import { personWords } from './card-facts.js';

/** Threads of which is remembered what they are about. */
const MAX_THREADS = 10_000;

/** Instead of a request: a thread about something else. */
const OTHERS = 'others';

export interface ThreadQuestionsOptions extends KnownPeople {
  readonly approvals: Pick<AccessApprovals, 'story' | 'ask'>;
  readonly board: Pick<CardBoard<RequestStory>, 'locate'>;
  readonly workspace: Pick<SlackWorkspace, 'metadataOf' | 'botUserId'>;
  readonly clock: Clock;
  readonly logger: LoggerService;
}

/**
 * Takes what people write below a card that waits as a question to the agent. Slack tells of every message in the
 * channels that we are in: of threads that others began it is not asked, and of every other thread once.
 */
export class ThreadQuestions {
  /** What each thread is about: a request, or {@link OTHERS}. */
  readonly #threads = new BoundedMap<string, string>(MAX_THREADS);

  constructor(private readonly options: ThreadQuestionsOptions) {}

  /**
   * @returns what to tell who wrote; `undefined` when it was no question to anybody
   * @throws SlackRefused, ApprovalRefused, EventStoreError, SlackUnavailable
   */
  async take({ event, event_id: eventId }: ThreadReply): Promise<Told> {
    const place = { channel: event.channel, ts: event.thread_ts };
    const requestId = await this.#requestAt(place, event.parent_user_id);
    if (requestId === undefined) return undefined;
    const { board, approvals, clock } = this.options;
    const story = await approvals.story(requestId);
    const text = typedLine(plainText(event.text));
    // Below a card that is decided people may talk as they like.
    if (story?.status !== 'pending' || text === undefined) return undefined;
    requireSamePlace(place, await board.locate(story));
    const approver = slackHuman(writtenBy(event), this.options);
    const questionId = questionIdOf('thread', eventId);
    const causationId = uuidV7(clock());
    const asking = { requestId: story.id, approver, via: 'slack', causationId } as const;
    await approvals.ask({ ...asking, questionId, text });
    return `${personWords(story.requester)} is asked; the answer comes in this thread.`;
  }

  /** The request that a thread is about, as far as Slack tells. */
  async #requestAt(place: CardPlace, begunBy: string | undefined): Promise<string | undefined> {
    const { botUserId } = this.options.workspace;
    const isOurs = begunBy !== undefined && begunBy === botUserId;
    if (begunBy !== undefined && botUserId !== undefined && !isOurs) return undefined;
    const key = `${place.channel}/${place.ts}`;
    try {
      const known = this.#threads.get(key) ?? (await this.#askFor(place));
      this.#threads.set(key, known);
      return known === OTHERS ? undefined : known;
    } catch (error) {
      if (isOurs) throw error;
      // It may be anybody's talk: better to miss a question while Slack is down than to disturb that.
      this.options.logger.warn({ msg: 'thread not looked at', err: error });
      return undefined;
    }
  }

  async #askFor(place: CardPlace): Promise<string> {
    const metadata = await this.options.workspace.metadataOf(place);
    if (metadata?.event_type !== CARD_METADATA) return OTHERS;
    return RequestId.safeParse(metadata.event_payload['request_id']).data ?? OTHERS;
  }
}

const writtenBy = ({ user, user_team: team }: ThreadReply['event']) => ({
  user: { id: user, ...(team === undefined ? {} : { team_id: team }) },
});

/** As it was typed: Slack writes these three letters in another way. */
const plainText = (mrkdwn: string): string =>
  mrkdwn.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
