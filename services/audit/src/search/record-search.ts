import { Readable } from 'node:stream';
import type { StreamableFile } from '@nestjs/common';
import { SearchRow, type SearchPage, type Unsearched } from '@drawbridge/contracts';
import type { Clock } from '@drawbridge/kernel';
import { askParquet } from '../clickhouse/ask-question.js';
import { AuditQueryError } from '../clickhouse/audit-query-error.js';
import { rowsAsQuestion } from '../clickhouse/rows-as-question.js';
import type { AuditStore } from '../clickhouse/select-page.js';
import { fileOf, linesOf, refusePaging } from '../http/answer-file.js';
import type { QuerySlots } from '../http/query-slots.js';
import type { Reader } from '../http/require-reader.js';
import type { SearchFilter } from '../http/search-filter.js';
import type { NoteView } from '../nats/note-view.js';
import { noteExcerpts } from './note-excerpts.js';
import { searchCursor, searchStart, type SearchStart } from './search-cursor.js';
import { SearchedPage } from './searched-page.js';
import type { BodyObjects } from './searched-body.js';
import { UnsearchedParts } from './unsearched-parts.js';

const PAGE = 100;
/** Of an answer in one piece: rows, and how long it is searched for. */
const MAX_ROWS = 5_000;
const MAX_MS = 60_000;

export interface RecordSearchOptions {
  readonly store: AuditStore;
  readonly slots: QuerySlots;
  readonly note: NoteView;
  readonly clock: Clock;
  /** Where long bodies are. @default nowhere */
  readonly objects: BodyObjects | undefined;
}

interface Asked {
  readonly reader: Reader;
  readonly filter: SearchFilter;
}

interface Wanted {
  readonly limit: number;
  /** What could not be searched is added there. */
  readonly parts: UnsearchedParts;
}

/** An answer in one piece, and what it is not made of. */
export interface SearchFile {
  readonly file: StreamableFile;
  readonly unsearched: readonly Unsearched[];
}

/** Finds text in bodies and recordings. Who is shown what is around it is on the record first. */
export class RecordSearch {
  constructor(private readonly options: RecordSearchOptions) {}

  /** @throws AuditQueryError, RequestRefused, EventStoreError */
  async page({ reader, filter }: Asked): Promise<SearchPage> {
    const { slots, clock, note } = this.options;
    const start = searchStart(filter, clock());
    const { items, unsearched, next } = await slots.during(reader.isOwner, () =>
      this.#search({ reader, filter }, start, {
        limit: filter.limit ?? PAGE,
        parts: new UnsearchedParts(),
      }),
    );
    await noteExcerpts(note, reader.principal, items);
    const { since, until } = start;
    return {
      ...(since === undefined ? {} : { since }),
      until,
      items,
      unsearched,
      ...(next === undefined ? {} : { nextCursor: searchCursor(next, filter) }),
    };
  }

  /** @throws AuditQueryError, RequestRefused, EventStoreError */
  async whole({ reader, filter }: Asked): Promise<SearchFile> {
    const { slots, note, store } = this.options;
    const { format } = filter;
    if (format === 'json') throw new TypeError('an answer in JSON has pages');
    refusePaging(filter);
    const { items, unsearched } = await slots.during(reader.isOwner, () =>
      this.#all({ reader, filter }),
    );
    await noteExcerpts(note, reader.principal, items);
    const source =
      format === 'parquet'
        ? await slots.during(reader.isOwner, () =>
            askParquet(store, rowsAsQuestion(SearchRow, columns, items)),
          )
        : Readable.from(linesOf(items, { question: { row: SearchRow }, format }));
    return { file: fileOf(source, { name: 'search', format }), unsearched };
  }

  /** Whole, or refused. */
  async #all(asked: Asked): Promise<{ items: SearchRow[]; unsearched: Unsearched[] }> {
    const { clock } = this.options;
    const until = clock().getTime() + MAX_MS;
    const items: SearchRow[] = [];
    const parts = new UnsearchedParts();
    for (let start: SearchStart | undefined = searchStart(asked.filter, clock()); ;) {
      const page = await this.#search(asked, start, {
        limit: MAX_ROWS + 1 - items.length,
        parts,
      });
      items.push(...page.items);
      start = page.next;
      if (start === undefined) return { items, unsearched: parts.list() };
      if (items.length <= MAX_ROWS && clock().getTime() < until) continue;
      const message = `more than ${MAX_ROWS} places, or than a minute of searching: narrow it with "since" and "until"`;
      throw new AuditQueryError('audit_query_too_expensive', message);
    }
  }

  #search({ reader, filter }: Asked, start: SearchStart, { limit, parts }: Wanted) {
    const { store, objects, clock } = this.options;
    const { since, until } = start;
    const asking = { database: store.database, access: reader.access };
    const searching = { ...asking, filter: { ...filter, since, until } };
    return new SearchedPage({ store, objects, clock, searching, parts }).search(start, limit);
  }
}

/** How the columns are kept in Parquet. */
const columns = {
  ...{ commandId: 'String', receivedAt: "DateTime64(3, 'UTC')" },
  ...{ agentIssuer: 'String', agentSubject: 'String', agentOwner: 'String', connection: 'String' },
  ...{ grantId: 'Nullable(String)', accessRequestId: 'Nullable(String)' },
  ...{ verb: 'String', apiGroup: 'String', resource: 'String', subresource: 'String' },
  ...{ namespace: 'String', name: 'String', where: 'String', seconds: 'Nullable(Float64)' },
  ...{ hits: 'UInt64', excerpt: 'String', path: 'String' },
} as const satisfies Record<keyof SearchRow, string>;
