import type { AccessEvent, AccessEventType, SessionNumbers } from '@drawbridge/contracts';
import type { Clock, RecordedEvent } from '@drawbridge/kernel';
import type { RequestStory } from '../domain/request-story.js';
import type { AskSession } from '../nats/ask-session.js';
import type { CardThread } from './card-thread.js';
import { durationWords, text, type Inline } from './rich-text.js';
import { noteOf } from './thread-notes.js';

/** What is older was told by a version before this one, or is told to nobody. */
const TOLD_WITHIN_MS = 24 * 3_600_000;

/** The events behind which a grant is over. */
export const endings: readonly AccessEventType[] = ['GrantExpired', 'GrantRevoked', 'GrantEnded'];

export interface SessionEndsOptions {
  readonly story: (requestId: string) => Promise<RequestStory | undefined>;
  readonly thread: Pick<CardThread<RequestStory>, 'say' | 'hasSaid'>;
  readonly numbers: AskSession;
  readonly clock: Clock;
}

/** Says in the thread of a card that its grant is over, and what was done by it. */
export class SessionEnds {
  constructor(private readonly options: SessionEndsOptions) {}

  /** @throws SlackUnavailable, EventStoreError */
  async tell(recorded: RecordedEvent<AccessEvent>): Promise<void> {
    const { thread, clock } = this.options;
    const { aggregateId: id, id: eventId } = recorded;
    if (clock().getTime() - Date.parse(recorded.at) > TOLD_WITHIN_MS) return;
    if (await thread.hasSaid({ id, eventId })) return;
    const story = await this.options.story(id);
    // Nobody was asked, so there is no card.
    if (story?.decideBy === undefined) return;
    const note = noteOf(recorded, await this.#session(story));
    if (note !== undefined) await thread.say(note);
  }

  async #session({ grant, requester, terms }: RequestStory): Promise<Inline[]> {
    if (grant?.ended === undefined) return [];
    const { id: grantId, startsAt, ended } = grant;
    const { issuer, subject } = requester;
    const numbers = await this.options.numbers({
      grantId,
      connection: terms.connection,
      agent: { issuer, subject },
      startsAt,
      endedAt: ended.at,
    });
    const ms = Math.max(0, Date.parse(ended.at) - Date.parse(startsAt));
    return [text(sessionWords(numbers, Math.round(ms / 1000)))];
  }
}

/** `14 calls, 1 change, 0 refused, 2 minutes 10 seconds`; only how long it was open where nothing more is known. */
export function sessionWords(numbers: SessionNumbers | undefined, seconds: number): string {
  const open = durationWords(seconds);
  if (numbers === undefined) return `It was open for ${open}.`;
  const { calls, changes, refused } = numbers;
  return `${count(calls, 'call')}, ${count(changes, 'change')}, ${refused} refused, ${open}.`;
}

const count = (number: number, what: string): string =>
  `${number} ${what}${number === 1 ? '' : 's'}`;
