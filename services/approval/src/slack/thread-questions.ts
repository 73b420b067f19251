import { RequestId } from '@drawbridge/contracts';
import { uuidV7 } from '@drawbridge/runtime';
import type { Clock } from '@drawbridge/kernel';
import type { RequestStory } from '../domain/request-story.js';
import type { AccessApprovals } from '../nats/access-approvals.js';
import type { CardBoard } from './card-board.js';
import { requireSamePlace } from './card-place.js';
import { CARD_METADATA } from './card.js';
import { typedLine } from './interaction.js';
import { questionIdOf } from './question-id.js';
import type { ThreadReply } from './slack-event.js';
import { slackHuman, type KnownPeople } from './slack-human.js';
import type { SlackWorkspace } from './slack-workspace.js';
import type { Told } from './slack-decisions.js';
import { personWords } from './card-facts.js';

export interface ThreadQuestionsOptions extends KnownPeople {
  readonly approvals: Pick<AccessApprovals, 'story' | 'ask'>;
  readonly board: Pick<CardBoard<RequestStory>, 'locate'>;
  readonly workspace: Pick<SlackWorkspace, 'metadataOf' | 'botUserId'>;
  readonly clock: Clock;
}

/** Takes what people write below a card that waits as a question to the agent. */
export class ThreadQuestions {
  constructor(private readonly options: ThreadQuestionsOptions) {}

  /**
   * @returns what to tell who wrote; `undefined` when it was no question to anybody
   * @throws SlackRefused, ApprovalRefused, EventStoreError, SlackUnavailable
   */
  async take({ event, event_id: eventId }: ThreadReply): Promise<Told> {
    const place = { channel: event.channel, ts: event.thread_ts };
    const story = await this.#storyAt(place);
    const text = typedLine(plainText(event.text));
    // Below a card that is decided people may talk as they like.
    if (story?.status !== 'pending' || text === undefined) return undefined;
    const { board, approvals, clock } = this.options;
    requireSamePlace(place, await board.locate(story));
    const approver = slackHuman(writtenBy(event), this.options);
    const questionId = questionIdOf('thread', eventId);
    const causationId = uuidV7(clock());
    const asking = { requestId: story.id, approver, via: 'slack', causationId } as const;
    await approvals.ask({ ...asking, questionId, text });
    return `${personWords(story.requester)} is asked; the answer comes in this thread.`;
  }

  async #storyAt(place: Parameters<SlackWorkspace['metadataOf']>[0]) {
    const metadata = await this.options.workspace.metadataOf(place);
    if (metadata?.event_type !== CARD_METADATA) return undefined;
    const { data } = RequestId.safeParse(metadata.event_payload['request_id']);
    return data === undefined ? undefined : this.options.approvals.story(data);
  }
}

const writtenBy = ({ user, user_team: team }: ThreadReply['event']) => ({
  user: { id: user, ...(team === undefined ? {} : { team_id: team }) },
});

/** As it was typed: Slack writes these three letters in another way. */
const plainText = (mrkdwn: string): string =>
  mrkdwn.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
