import type { SearchRow, Unsearched, UnsearchedReason } from '@drawbridge/contracts';
import type { Clock } from '@drawbridge/kernel';
import {
  selectBodiesToOpen,
  selectBodyHits,
  selectRecordingsToSearch,
  selectSearchedCommands,
  type SearchedBodyRow,
  type Searching,
  type SearchedRecordingRow,
} from '../clickhouse/select-searched.js';
import type { AuditStore, Position } from '../clickhouse/select-page.js';
import type { FoundIn } from '../domain/searched-recording.js';
import { SoughtText, waysToWrite } from '../domain/sought-text.js';
import { isNewer, NewestFirst } from './newest-first.js';
import { SearchBudget } from './search-budget.js';
import type { SearchStart } from './search-cursor.js';
import { searchBody, type BodyObjects } from './searched-body.js';
import { SearchedRecordings } from './searched-recordings.js';
import type { UnsearchedParts } from './unsearched-parts.js';

export interface SearchedPageOptions {
  readonly store: AuditStore;
  readonly objects: BodyObjects | undefined;
  readonly clock: Clock;
  readonly searching: Searching;
  /** What could not be searched is added there. */
  readonly parts: UnsearchedParts;
}

export interface SearchResult {
  readonly items: SearchRow[];
  readonly unsearched: Unsearched[];
  /** Absent when everything was searched. */
  readonly next?: SearchStart;
}

interface FoundRow extends FoundIn {
  readonly position: Position;
}

/** Searches from a place on, newest first and command by command, until it has enough or may read no more. */
export class SearchedPage {
  readonly #budget: SearchBudget;
  #isStoreAway = false;

  constructor(private readonly options: SearchedPageOptions) {
    this.#budget = new SearchBudget(options.clock);
  }

  /** @throws AuditQueryError */
  async search(start: SearchStart, limit: number): Promise<SearchResult> {
    const found: FoundRow[] = [];
    const sources = this.#sources(start.after);
    let place: SearchStart | undefined = start;
    while (place !== undefined && found.length < limit && !this.#budget.isSpent) {
      const position = await sources.next();
      if (position === undefined) place = undefined;
      else {
        const rows: FoundRow[] = await this.#searchCommand(sources, position, place.skip === 0);
        const fresh = rows.slice(place.skip);
        const some = fresh.slice(0, limit - found.length);
        found.push(...some);
        place =
          some.length < fresh.length
            ? { ...place, skip: place.skip + some.length }
            : { ...place, after: position, skip: 0 };
      }
    }
    // A cursor promises that there may be more.
    const isEnd = place?.skip === 0 && (await sources.next()) === undefined;
    if (isEnd) place = undefined;
    return {
      items: await this.#shown(found),
      unsearched: this.options.parts.list(),
      ...(place === undefined ? {} : { next: place }),
    };
  }

  #sources(after: Position | undefined): Sources {
    const { store, searching } = this.options;
    const { text } = searching.filter;
    const isLate = () => this.#budget.isLate;
    const recorded = new SearchedRecordings({ store, text, isLate });
    return new Sources({ store, searching, recorded }, after);
  }

  async #searchCommand(
    sources: Sources,
    position: Position,
    isFirst: boolean,
  ): Promise<FoundRow[]> {
    const { parts } = this.options;
    const found: FoundIn[] = [];
    const missed = (reason: UnsearchedReason) => {
      if (isFirst) parts.add(reason, position[1]);
    };
    for (const body of sources.bodies(position)) {
      const { found: here, unsearched } = await this.#searchBody(body);
      if (here !== undefined) found.push(here);
      if (unsearched !== undefined) missed(unsearched);
    }
    const [recording] = sources.recordings.take(position);
    if (recording !== undefined) {
      const searched = await sources.recorded.search(recording, sources.recordings.waiting);
      this.#budget.spend(searched.bytes);
      found.push(...searched.found);
      if (searched.unsearched !== undefined) missed(searched.unsearched);
    }
    return found
      .toSorted((one, other) => one.where.localeCompare(other.where))
      .map((each) => ({ ...each, position }));
  }

  async #searchBody(
    body: SearchedBodyRow,
  ): Promise<{ found?: FoundIn; unsearched?: UnsearchedReason }> {
    const { searching, objects } = this.options;
    const { text } = searching.filter;
    const where = body.direction;
    if (body.is_hit === 1) {
      const sought = new SoughtText(waysToWrite(text));
      sought.add(body.content);
      // The store folds the case of some letters in another way: then the beginning is shown.
      const found = sought.finish() ?? { hits: 1, excerpt: '', seconds: 0 };
      return { found: { ...found, where } };
    }
    if (body.objects.length > 0 && this.#isStoreAway) {
      return { unsearched: 'object_store_unavailable' };
    }
    const isLate = () => this.#budget.isLate;
    const { found, unsearched, bytes } = await searchBody(body, text, { objects, isLate });
    this.#budget.spend(bytes);
    this.#isStoreAway ||= unsearched === 'object_store_unavailable';
    const reason = unsearched ?? (body.is_cut === 1 ? ('not_kept' as const) : undefined);
    return {
      ...(found !== undefined && { found: { ...found, where } }),
      ...(reason !== undefined && { unsearched: reason }),
    };
  }

  /** What stands beside is asked for what was found only, and once more for what the caller may see. */
  async #shown(found: readonly FoundRow[]): Promise<SearchRow[]> {
    const { store, searching } = this.options;
    const commands = await selectSearchedCommands(
      store,
      searching,
      found.map(({ position: [received_at, command_id] }) => ({ received_at, command_id })),
    );
    const byId = new Map(commands.map((command) => [command.commandId, command] as const));
    return found.flatMap(({ position: [, id], where, hits, excerpt, seconds }) => {
      const command = byId.get(id);
      if (command === undefined) return [];
      const isBody = where === 'request' || where === 'response' || where === 'before';
      return [{ ...command, where, ...(isBody ? {} : { seconds }), hits, excerpt }];
    });
  }
}

interface SourcesOptions {
  readonly store: AuditStore;
  readonly searching: Searching;
  readonly recorded: SearchedRecordings;
}

/** What may hold the text, command by command. */
class Sources {
  readonly recordings: NewestFirst<SearchedRecordingRow>;
  readonly recorded: SearchedRecordings;
  readonly #hits: NewestFirst<SearchedBodyRow>;
  readonly #toOpen: NewestFirst<SearchedBodyRow>;

  constructor({ store, searching, recorded }: SourcesOptions, start: Position | undefined) {
    this.recorded = recorded;
    const scopes = searching.filter.in;
    const from = <Row extends { received_at: string; command_id: string }>(
      isWanted: boolean,
      select: (
        store: AuditStore,
        searching: Searching,
        slice: { after: Position | undefined; limit: number },
      ) => Promise<Row[]>,
    ) =>
      new NewestFirst<Row>(
        (after, limit) =>
          isWanted ? select(store, searching, { after, limit }) : Promise.resolve([]),
        start,
      );
    this.#hits = from(scopes.includes('bodies'), selectBodyHits);
    this.#toOpen = from(scopes.includes('bodies'), selectBodiesToOpen);
    this.recordings = from(scopes.includes('terminal'), selectRecordingsToSearch);
  }

  /** The next command of which there is anything. */
  async next(): Promise<Position | undefined> {
    const positions = [
      await this.#hits.position(),
      await this.#toOpen.position(),
      await this.recordings.position(),
    ].filter((position) => position !== undefined);
    return positions.reduce<Position | undefined>(
      (newest, position) => (newest === undefined || isNewer(position, newest) ? position : newest),
      undefined,
    );
  }

  /** A body that is cut may have been found as well: then it is both. */
  bodies(position: Position): readonly SearchedBodyRow[] {
    return [...this.#hits.take(position), ...this.#toOpen.take(position)];
  }
}
