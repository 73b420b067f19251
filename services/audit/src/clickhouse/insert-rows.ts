import { Readable } from 'node:stream';
import { ClickHouseError } from '@clickhouse/client';
import type { BodyColumns } from '../domain/body-row.js';
import type { CheckpointColumns } from '../domain/checkpoint-columns.js';
import type { ChunkColumns } from '../domain/chunk-row.js';
import type { CommandRow } from '../domain/command-columns.js';
import type { TableText } from '../domain/command-rows.js';
import type { EventRow } from '../domain/event-row.js';
import type { MessageRow } from '../domain/message-row.js';
import { RecordRefused } from '../domain/record-refused.js';
import type { AuditStore, AuditTable } from './select-page.js';

export interface Insertion {
  readonly table: AuditTable;
  readonly rows: readonly InsertedRow[];
}

export interface InsertedRow {
  readonly columns: Columns;
}

/** A row of one of the tables. */
export type Columns =
  EventRow | CommandRow | BodyColumns | ChunkColumns | MessageRow | CheckpointColumns;

/**
 * Inserts one batch and resolves when ClickHouse has acknowledged it.
 *
 * A batch that is sent again is stored again: the keys of each table make the same row of the same message.
 *
 * @throws RecordRefused `record_not_storable` when a value of the batch can never be stored
 */
export async function insertRows(
  { client, database }: AuditStore,
  { table, rows }: Insertion,
): Promise<void> {
  const values = rows.map(({ columns }) => columns);
  try {
    await client.insert({
      table: `${database}.${table}`,
      values,
      format: 'JSONEachRow',
      clickhouse_settings: {
        date_time_input_format: 'best_effort',
        date_time_overflow_behavior: 'throw',
        // A field without a column is a mistake to stop at, not data to leave out.
        input_format_skip_unknown_fields: 0,
        async_insert: 0,
        wait_end_of_query: 1,
      },
    });
  } catch (error) {
    if (!isUnstorable(error)) throw error;
    throw new RecordRefused('record_not_storable', 'ClickHouse refuses a value', { cause: error });
  }
}

/**
 * Inserts rows as the text of their columns and resolves when ClickHouse has acknowledged them. A batch that is sent
 * again makes the same rows.
 *
 * @throws RecordRefused `record_not_storable` when a value of them can never be stored
 */
export async function insertText(
  { client, database }: AuditStore,
  table: AuditTable,
  { columns: [first = '', ...others], text, rows }: TableText,
): Promise<void> {
  if (rows === 0) return;
  try {
    await client.insert({
      table: `${database}.${table}`,
      columns: [first, ...others],
      values: Readable.from([text], { objectMode: false }),
      format: 'TabSeparated',
      clickhouse_settings: {
        // Start and end are one row already, or come apart and are merged later.
        optimize_on_insert: 0,
        async_insert: 0,
        wait_end_of_query: 1,
      },
    });
  } catch (error) {
    if (!isUnstorable(error)) throw error;
    throw new RecordRefused('record_not_storable', 'ClickHouse refuses a value', { cause: error });
  }
}

/**
 * Errors about a value, which no retry mends: CANNOT_PARSE_TEXT, _QUOTED_STRING, _DATE, _DATETIME, _NUMBER,
 * _UUID, _INPUT_ASSERTION_FAILED, TYPE_MISMATCH, ARGUMENT_OUT_OF_BOUND, INCORRECT_DATA,
 * VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE, TOO_LARGE_STRING_SIZE.
 */
const UNSTORABLE = new Set(
  [6, 26, 27, 38, 41, 53, 69, 72, 117, 131, 321, 376].map((code) => String(code)),
);

const isUnstorable = (error: unknown): boolean =>
  error instanceof ClickHouseError && UNSTORABLE.has(error.code);
