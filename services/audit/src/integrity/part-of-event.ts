import type { AuditTable } from '../clickhouse/select-page.js';
import { auditEventRow } from '../domain/audit-event-row.js';
import { eventRow, type EventRow, type StoredEvent } from '../domain/event-row.js';
import { holdRow } from '../domain/hold-row.js';
import { eventMessage, withRaw, type EventColumns } from '../domain/rebuild-event.js';
import { RecordRefused } from '../domain/record-refused.js';
import { differencesOf, type AnyRow } from '../domain/row-differences.js';
import { stopRow } from '../domain/stop-row.js';
import { useRow } from '../domain/use-row.js';
import {
  readAuditEvent,
  readEvent,
  readHoldEvent,
  readStopEvent,
  readUseEvent,
} from '../nats/read-event.js';
import type { PlacedPart } from './lines-of-row.js';
import type { SealedStream } from './sealed-streams.js';

type EventStream = Exclude<SealedStream, 'COMMANDS'>;

interface EventTable {
  readonly table: AuditTable;
  /** The column of the aggregate. */
  readonly aggregate: string;
  readonly read: typeof readEvent;
  readonly rowOf: (event: StoredEvent) => EventRow;
}

const tables: Readonly<Record<EventStream, EventTable>> = {
  ACCESS: { table: 'events', aggregate: 'aggregate_id', read: readEvent, rowOf: eventRow },
  HOLDS: { table: 'holds', aggregate: 'hold_id', read: readHoldEvent, rowOf: holdRow },
  STOPS: { table: 'stops', aggregate: 'stop_key', read: readStopEvent, rowOf: stopRow },
  USES: { table: 'uses', aggregate: 'aggregate_id', read: readUseEvent, rowOf: useRow },
  AUDIT: {
    table: 'audit_events',
    aggregate: 'aggregate_id',
    read: readAuditEvent,
    rowOf: auditEventRow,
  },
};

export const eventTableOf = (stream: EventStream): AuditTable => tables[stream].table;

export interface EventOfStream {
  readonly stream: EventStream;
  /** Of our own table, whose columns were checked at the start. */
  readonly row: unknown;
  /** Of the messages, by sequence. */
  readonly subjects: ReadonlyMap<number, string>;
}

/** The message that the row of an event was made of, and in which columns the row is not what it says. */
export function partOfEvent({ stream, row, subjects }: EventOfStream): PlacedPart {
  const { table, aggregate } = tables[stream];
  const columns = row as AnyRow &
    EventColumns & { readonly raw: string; readonly sequence: number };
  const { sequence } = columns;
  const aggregateId = columns[aggregate];
  const text = eventMessage(columns, typeof aggregateId === 'string' ? aggregateId : '');
  const data = Buffer.from(text);
  const subject = subjects.get(sequence) ?? '';
  const damaged = damagedColumns({ seq: sequence, subject, data }, columns, tables[stream]);
  return {
    sequence,
    part: {
      line: 0,
      table,
      row: columns.id,
      data: data.toString('base64'),
      ...(damaged.length === 0 ? {} : { damaged: [...damaged] }),
    },
  };
}

function damagedColumns(
  message: { readonly seq: number; readonly subject: string; readonly data: Buffer },
  row: AnyRow,
  { read, rowOf }: EventTable,
): readonly string[] {
  try {
    const event = read(message);
    const text = message.data.toString('utf8');
    const wanted = withRaw(rowOf(event), { aggregateId: event.aggregateId, text });
    return differencesOf(row, wanted);
  } catch (error) {
    if (error instanceof RecordRefused) return ['(message)'];
    throw error;
  }
}
