import { Readable } from 'node:stream';
import type { StreamableFile } from '@nestjs/common';
import type { SessionDiffRow, UnusedPage } from '@drawbridge/contracts';
import type { Clock } from '@drawbridge/kernel';
import { askAllRows, askParquet, askRows } from '../clickhouse/ask-question.js';
import type { Asking, Question, Times } from '../clickhouse/questions/question.js';
import { sessionDiff } from '../clickhouse/questions/session-diff.js';
import type { AuditStore } from '../clickhouse/select-page.js';
import { selectSessionGrant } from '../clickhouse/select-session-grant.js';
import { storeFor } from '../clickhouse/store-for.js';
import { fileOf, linesOf, refusePaging } from './answer-file.js';
import { cursorAt, placeIn } from './question-cursor.js';
import type {
  AnswerFormat,
  QuestionFilter,
  SessionDiffFilter,
  UnusedFilter,
} from './question-filter.js';
import type { QuerySlots } from './query-slots.js';
import type { Reader } from './require-reader.js';
import { sessionUnknown } from './session-stories.js';
import { UnusedGrants } from './unused-grants.js';

const PAGE = 100;

export interface Page<Row> {
  readonly since?: string | undefined;
  readonly until: string;
  readonly items: Row[];
  readonly nextCursor?: string;
}

/** One question of somebody. */
export interface Asked<Filter extends QuestionFilter, Row> {
  readonly reader: Reader;
  readonly filter: Filter;
  /** How far back it looks when it is not said; absent: as far as there is anything. */
  readonly days?: number;
  /** Of the file that an answer in one piece is saved as. */
  readonly name: string;
  readonly question: (asking: Asking, filter: Filter & Times) => Question<Row>;
}

/** Asks the store what people want to know, page by page or whole. */
export class AuditQuestions {
  readonly #unused: UnusedGrants;

  constructor(
    private readonly store: AuditStore,
    private readonly slots: QuerySlots,
    private readonly clock: Clock,
  ) {
    this.#unused = new UnusedGrants(store, slots, clock);
  }

  /** @throws AuditQueryError, RequestRefused */
  async answer<Filter extends QuestionFilter, Row>(
    asked: Asked<Filter, Row>,
  ): Promise<Page<Row> | StreamableFile> {
    const { format } = asked.filter;
    return format === 'json' ? this.#page(asked) : this.#whole(asked, format);
  }

  /** @throws AuditQueryError, RequestRefused */
  unused(asked: {
    readonly reader: Reader;
    readonly filter: UnusedFilter;
  }): Promise<UnusedPage | StreamableFile> {
    return this.#unused.answer(asked);
  }

  /**
   * What two sessions did. One that is not there is not taken for one in which nothing was done.
   *
   * @throws SessionUnknown, AuditQueryError, RequestRefused
   */
  async diff(
    reader: Reader,
    filter: SessionDiffFilter,
  ): Promise<Page<SessionDiffRow> | StreamableFile> {
    const store = storeFor(this.store, reader.gone);
    const [one, other] = await this.slots.during(reader.isOwner, async () => [
      await selectSessionGrant(store, filter.one, reader.access),
      await selectSessionGrant(store, filter.other, reader.access),
    ]);
    if (one === undefined) throw sessionUnknown(filter.one);
    if (other === undefined) throw sessionUnknown(filter.other);
    const grants = { ...filter, one, other };
    return this.answer({ reader, filter: grants, name: 'diff', question: sessionDiff });
  }

  async #page<Filter extends QuestionFilter, Row>(asked: Asked<Filter, Row>): Promise<Page<Row>> {
    const { filter, reader } = asked;
    const place = placeIn(asked, this.clock());
    const { offset, ...times } = place;
    const limit = filter.limit ?? PAGE;
    const question = asked.question(this.#asking(reader), { ...filter, ...times });
    const found = await this.slots.during(reader.isOwner, () =>
      askRows(storeFor(this.store, reader.gone), question, { offset, limit: limit + 1 }),
    );
    const items = found.slice(0, limit);
    const next = { ...place, offset: offset + limit };
    const more = found.length > limit ? { nextCursor: cursorAt(next, filter) } : {};
    return { ...times, items, ...more };
  }

  async #whole<Filter extends QuestionFilter, Row>(
    asked: Asked<Filter, Row>,
    format: Exclude<AnswerFormat, 'json'>,
  ): Promise<StreamableFile> {
    const { filter, reader } = asked;
    refusePaging(filter);
    const { since, until } = placeIn(asked, this.clock());
    const question = asked.question(this.#asking(reader), { ...filter, since, until });
    const store = storeFor(this.store, reader.gone);
    const place = this.slots.take(reader.isOwner);
    try {
      const source =
        format === 'parquet'
          ? await askParquet(store, question)
          : Readable.from(linesOf(await askAllRows(store, question), { question, format }));
      return fileOf(source, { name: asked.name, format, release: place.release });
    } catch (error) {
      place.release();
      throw error;
    }
  }

  #asking({ access }: Reader): Asking {
    return { database: this.store.database, access };
  }
}
