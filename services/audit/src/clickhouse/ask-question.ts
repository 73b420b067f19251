import type { Readable } from 'node:stream';
import type { ClickHouseSettings } from '@clickhouse/client';
import { auditQueryError } from './audit-query-error.js';
import type { Question } from './questions/question.js';
import { rowsWithoutNulls, rowWithoutNulls } from './row-without-nulls.js';
import type { AuditStore } from './select-page.js';
import { BOUNDS, selectAs } from './select-rows.js';

/** Rows of an answer in one piece; one that has more is refused, and never cut. */
export const MAX_ROWS = 100_000;

/** Beside what bounds every query: that an answer which fails half way is no answer. */
const bounds: ClickHouseSettings = {
  ...BOUNDS,
  max_bytes_before_external_group_by: '500000000',
  max_bytes_before_external_sort: '500000000',
  wait_end_of_query: 1,
};
const wholeBounds: ClickHouseSettings = { ...bounds, max_result_rows: String(MAX_ROWS) };

export interface Slice {
  readonly offset: number;
  readonly limit: number;
}

/**
 * Some rows of an answer.
 *
 * @throws AuditQueryError
 */
export const askRows = <Row>(
  store: AuditStore,
  { row, sql, parameters }: Question<Row>,
  { offset, limit }: Slice,
): Promise<Row[]> =>
  selectAs(store, rowsWithoutNulls(row), {
    query: `${sql}\nLIMIT {rowLimit:UInt32} OFFSET {rowOffset:UInt32}`,
    parameters: { ...parameters, rowLimit: limit, rowOffset: offset },
    settings: bounds,
  });

/**
 * All rows of an answer, as they come; the first is there when the answer is whole.
 *
 * @throws AuditQueryError before the first row
 */
export async function askAllRows<Row>(
  { client }: AuditStore,
  question: Question<Row>,
): Promise<AsyncIterable<Row>> {
  try {
    const result = await client.query({
      query: question.sql,
      query_params: question.parameters,
      format: 'JSONEachRow',
      clickhouse_settings: wholeBounds,
    });
    return parsed(question, result.stream<Record<string, unknown>>());
  } catch (error) {
    throw auditQueryError(error);
  }
}

async function* parsed<Row>(
  question: Question<Row>,
  stream: AsyncIterable<readonly { json: () => unknown }[]>,
): AsyncGenerator<Row> {
  for await (const rows of stream) {
    for (const row of rows) yield rowWithoutNulls<Row>(question.row, Object(row.json()) as object);
  }
}

/**
 * All rows of an answer as a Parquet file, which ClickHouse writes.
 *
 * @throws AuditQueryError
 */
export async function askParquet({ client }: AuditStore, question: Question): Promise<Readable> {
  try {
    const { stream } = await client.exec({
      query: `${question.sql}\nFORMAT Parquet`,
      query_params: question.parameters,
      clickhouse_settings: { ...wholeBounds, output_format_parquet_string_as_string: 1 },
      decompress_response_stream: true,
    });
    return stream;
  } catch (error) {
    throw auditQueryError(error);
  }
}
