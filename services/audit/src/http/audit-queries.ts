import type {
  AuditCommandPage,
  AuditEventPage,
  AuditHoldEventPage,
  AuditStopEventPage,
  AuditTrailPage,
} from '@drawbridge/contracts';
import { clickHouseTime } from '../clickhouse/condition.js';
import { selectCommands } from '../clickhouse/select-commands.js';
import { selectEvents } from '../clickhouse/select-events.js';
import { selectHolds } from '../clickhouse/select-holds.js';
import { selectStops } from '../clickhouse/select-stops.js';
import { selectTrail } from '../clickhouse/select-trail.js';
import type { AuditStore, Position } from '../clickhouse/select-page.js';
import { storeFor } from '../clickhouse/store-for.js';
import type {
  CommandFilter,
  EventFilter,
  HoldFilter,
  StopFilter,
  TrailFilter,
} from './audit-filter.js';
import { cursorAfter, positionOf } from './cursor.js';
import type { QuerySlots } from './query-slots.js';
import type { Reader } from './require-reader.js';

/** What stands in the record, row by row. */
export class AuditQueries {
  constructor(
    private readonly store: AuditStore,
    private readonly slots: QuerySlots,
  ) {}

  /** @throws AuditQueryError, RequestRefused for a bad cursor */
  commands(filter: CommandFilter, reader: Reader): Promise<AuditCommandPage> {
    return this.#page(filter, {
      reader,
      select: (after) =>
        selectCommands(storeFor(this.store, reader.gone), { filter, after, access: reader.access }),
      positionOf: ({ receivedAt, id }) => [clickHouseTime(receivedAt), id],
    });
  }

  /** @throws AuditQueryError, RequestRefused for a bad cursor */
  events(filter: EventFilter, reader: Reader): Promise<AuditEventPage> {
    return this.#page(filter, {
      reader,
      select: (after) =>
        selectEvents(storeFor(this.store, reader.gone), { filter, after, access: reader.access }),
      positionOf: ({ at, sequence }) => [clickHouseTime(at), String(sequence)],
    });
  }

  /** @throws AuditQueryError, RequestRefused for a bad cursor */
  holds(filter: HoldFilter, reader: Reader): Promise<AuditHoldEventPage> {
    return this.#page(filter, {
      reader,
      select: (after) =>
        selectHolds(storeFor(this.store, reader.gone), { filter, after, access: reader.access }),
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

  /** @throws AuditQueryError, RequestRefused for a bad cursor */
  trail(filter: TrailFilter): Promise<AuditTrailPage> {
    return this.#page(filter, {
      select: (after) => selectTrail(this.store, filter, after),
      positionOf: ({ at, sequence }) => [clickHouseTime(at), String(sequence)],
    });
  }

  async #page<Item>(
    filter: CommandFilter | EventFilter | HoldFilter | StopFilter | TrailFilter,
    { reader, select, positionOf: placeOf }: Source<Item>,
  ): Promise<{ items: Item[]; nextCursor?: string }> {
    const after = positionOf(filter);
    const found = await this.slots.during(reader?.isOwner ?? false, () => select(after));
    const items = found.slice(0, filter.limit);
    const last = items.at(-1);
    if (found.length === items.length || last === undefined) return { items };
    return { items, nextCursor: cursorAfter(placeOf(last), filter) };
  }
}

interface Source<Item> {
  /** Absent where only auditors come. */
  readonly reader?: Reader;
  readonly select: (after: Position | undefined) => Promise<Item[]>;
  readonly positionOf: (item: Item) => Position;
}
