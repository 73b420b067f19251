import type { AccessEvent } from '@drawbridge/contracts';
import type { Clock, RecordedEvent } from '@drawbridge/kernel';
import type { RequestStory } from '../domain/request-story.js';
import type { CardThread } from './card-thread.js';
import { isNudge, renderNudge, type Mentionable } from './nudge-post.js';

export interface NudgesOptions extends Omit<Mentionable, 'people' | 'at'> {
  readonly thread: Pick<CardThread<RequestStory>, 'say'>;
  readonly story: (requestId: string) => Promise<RequestStory | undefined>;
  /** Who there is; `undefined` while nobody is known. */
  readonly people: () => Mentionable['people'] | undefined;
  readonly clock: Clock;
}

/** Tells in the thread of a card that its step still waits, once for each event. */
export class Nudges {
  constructor(private readonly options: NudgesOptions) {}

  /** @throws SlackUnavailable, EventStoreError */
  async post({ aggregateId, id, event }: RecordedEvent<AccessEvent>): Promise<void> {
    const { thread, people, clock } = this.options;
    if (!isNudge(event)) return;
    const [story, known] = [await this.options.story(aggregateId), people()];
    if (story === undefined || known === undefined) return;
    const mentionable = { ...this.options, people: known, at: clock().toISOString() };
    const post = renderNudge(story, event, mentionable);
    if (post !== undefined) await thread.say({ id: aggregateId, eventId: id, ...post });
  }
}
