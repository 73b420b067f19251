import type {
  AuditCommandPage,
  AuditEventPage,
  AuditHoldEventPage,
  AuditStopEventPage,
} from '@drawbridge/contracts';
import { AuditQueryError } from '../clickhouse/audit-query-error.js';
import { clickHouseTime } from '../clickhouse/condition.js';
import { selectCommands } from '../clickhouse/select-commands.js';
import { selectEvents } from '../clickhouse/select-events.js';
import { selectHolds } from '../clickhouse/select-holds.js';
import { selectStops } from '../clickhouse/select-stops.js';
import type { AuditStore, Position } from '../clickhouse/select-page.js';
import type { CommandFilter, EventFilter, HoldFilter, StopFilter } from './audit-filter.js';
import { cursorAfter, positionOf } from './cursor.js';

const MAX_CONCURRENT = 4;

/** The questions that auditors may ask; few at a time, since the ingest shares the store. */
export class AuditQueries {
  #running = 0;

  constructor(private readonly store: AuditStore) {}

  /** @throws AuditQueryError, RequestRefused for a bad cursor */
  commands(filter: CommandFilter): Promise<AuditCommandPage> {
    return this.#page(filter, {
      select: (after) => selectCommands(this.store, filter, after),
      positionOf: ({ receivedAt, id }) => [clickHouseTime(receivedAt), id],
    });
  }

  /** @throws AuditQueryError, RequestRefused for a bad cursor */
  events(filter: EventFilter): Promise<AuditEventPage> {
    return this.#page(filter, {
      select: (after) => selectEvents(this.store, filter, after),
      positionOf: ({ at, sequence }) => [clickHouseTime(at), String(sequence)],
    });
  }

  /** @throws AuditQueryError, RequestRefused for a bad cursor */
  holds(filter: HoldFilter): Promise<AuditHoldEventPage> {
    return this.#page(filter, {
      select: (after) => selectHolds(this.store, filter, after),
      positionOf: ({ at, sequence }) => [clickHouseTime(at), String(sequence)],
    });
  }

  /** @throws AuditQueryError, RequestRefused for a bad cursor */
  stops(filter: StopFilter): Promise<AuditStopEventPage> {
    return this.#page(filter, {
      select: (after) => selectStops(this.store, filter, after),
      positionOf: ({ at, sequence }) => [clickHouseTime(at), String(sequence)],
    });
  }

  async #page<Item>(
    filter: CommandFilter | EventFilter | HoldFilter | StopFilter,
    { select, positionOf: placeOf }: Source<Item>,
  ): Promise<{ items: Item[]; nextCursor?: string }> {
    const after = positionOf(filter);
    if (this.#running >= MAX_CONCURRENT) {
      throw new AuditQueryError('audit_busy', `${MAX_CONCURRENT} queries run already: try again`);
    }
    this.#running += 1;
    try {
      const found = await select(after);
      const items = found.slice(0, filter.limit);
      const last = items.at(-1);
      if (found.length === items.length || last === undefined) return { items };
      return { items, nextCursor: cursorAfter(placeOf(last), filter) };
    } finally {
      this.#running -= 1;
    }
  }
}

interface Source<Item> {
  readonly select: (after: Position | undefined) => Promise<Item[]>;
  readonly positionOf: (item: Item) => Position;
}
