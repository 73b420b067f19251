import type { SessionStory, StoryTotals } from '@drawbridge/contracts';
import { AppError } from '@drawbridge/kernel';
import { storyOf } from '@drawbridge/replay';
import { clickHouseTime } from '../clickhouse/condition.js';
import type { AuditStore } from '../clickhouse/select-page.js';
import {
  selectStoryCommands,
  selectStoryEvents,
  selectStoryTotals,
} from '../clickhouse/select-story.js';
import { sessionSpan } from '../domain/session-span.js';
import type { NoteView } from '../nats/note-view.js';
import { cursorAfter, positionOf } from './cursor.js';
import type { QuerySlots } from './query-slots.js';
import type { Reader } from './require-reader.js';
import { factsOf } from './session-facts.js';
import type { SessionFilter } from './session-filter.js';

/** `session_unknown`: the record has no access request and no grant with this id, or not yet. */
export class SessionUnknown extends AppError<'session_unknown'> {}

const none: StoryTotals = {
  ...{ calls: 0, refused: 0, changes: 0, held: 0, masked: 0, refusedBeside: 0 },
};

export interface StoriesOptions {
  readonly store: AuditStore;
  readonly slots: QuerySlots;
  readonly noteView: NoteView;
}

/** Tells sessions out of the record. */
export class SessionStories {
  constructor(private readonly options: StoriesOptions) {}

  /**
   * One page of a session. That it shows what is in bodies is recorded first.
   *
   * @param id - of an access request, or of its grant
   * @throws SessionUnknown, AuditQueryError, EventStoreError, RequestRefused for a bad cursor
   */
  async tell(id: string, filter: SessionFilter, reader: Reader): Promise<SessionStory> {
    const { slots, noteView } = this.options;
    const story = await slots.during(reader.isOwner, () => this.page(id, filter, reader));
    const { connection, grant } = story;
    if (grant !== undefined && story.calls.some(showsBody)) {
      await noteView({ grantId: grant.id, connection, viewer: reader.principal, how: 'body' });
    }
    return story;
  }

  /** The same, without a place of its own among the queries, and without a note of it. */
  async page(
    id: string,
    { limit, cursor }: SessionFilter,
    { access }: Reader,
  ): Promise<SessionStory> {
    const { store } = this.options;
    const place = { session: id.toLowerCase(), cursor };
    const after = positionOf(place);
    const events = await selectStoryEvents(store, id, access);
    const span = sessionSpan(events);
    if (span === undefined) throw sessionUnknown(id);
    const { grant } = span;
    const ofGrant = grant === undefined ? undefined : { ...span, grant, access };
    const found =
      ofGrant === undefined ? [] : await selectStoryCommands(store, ofGrant, { limit, after });
    const commands = found.slice(0, limit);
    const last = commands.at(-1);
    const isMore = found.length > commands.length && last !== undefined;
    const story = storyOf({
      ...{ events, commands, ...(await factsOf(store, commands)) },
      totals: ofGrant === undefined ? none : await selectStoryTotals(store, ofGrant),
      nextCursor: isMore
        ? cursorAfter([clickHouseTime(last.receivedAt), last.id], place)
        : undefined,
    });
    if (story === undefined) throw sessionUnknown(id);
    return story;
  }
}

const showsBody = ({ changed }: SessionStory['calls'][number]): boolean =>
  changed?.changes !== undefined || changed?.refusal !== undefined;

export const sessionUnknown = (id: string): SessionUnknown =>
  new SessionUnknown('session_unknown', `the record has no access request and no grant ${id}`);
