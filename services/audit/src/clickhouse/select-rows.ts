import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client';
import { auditQueryError } from './audit-query-error.js';

/** What one query may cost at most; the ingest shares the server with it. */
export const BOUNDS: ClickHouseSettings = {
  max_execution_time: 10,
  timeout_overflow_mode: 'throw',
  max_memory_usage: '2000000000',
  max_result_bytes: '64000000',
  result_overflow_mode: 'throw',
  max_threads: 4,
  date_time_output_format: 'iso',
  output_format_json_quote_64bit_integers: 0,
  do_not_merge_across_partitions_select_final: 1,
  // Without it an index would leave out the rows of a key that do not match by themselves, such as the end of
  // a command, which names no agent.
  use_skip_indexes_if_final: 1,
  use_skip_indexes_if_final_exact_mode: 1,
};

/** A query without FORMAT. Values never stand in its text: the server binds them by name. */
export interface RowsQuery {
  readonly query: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Instead of {@link BOUNDS}, which they should hold. */
  readonly settings?: ClickHouseSettings;
}

/** What reads the rows of an answer, such as a zod schema. */
export interface RowsReader<Answer> {
  parse(rows: unknown[]): Answer;
}

/**
 * The rows of an answer, whole.
 *
 * @throws AuditQueryError
 */
export async function selectRows(
  { client }: { readonly client: ClickHouseClient },
  { query, parameters, settings = BOUNDS }: RowsQuery,
): Promise<unknown[]> {
  try {
    const result = await client.query({
      query,
      query_params: parameters,
      format: 'JSONEachRow',
      clickhouse_settings: settings,
    });
    return await result.json();
  } catch (error) {
    throw auditQueryError(error);
  }
}

/**
 * The same, read. Rows that cannot be read are no answer of the store either.
 *
 * @throws AuditQueryError
 */
export async function selectAs<Answer>(
  store: { readonly client: ClickHouseClient },
  reader: RowsReader<Answer>,
  query: RowsQuery,
): Promise<Answer> {
  const rows = await selectRows(store, query);
  try {
    return reader.parse(rows);
  } catch (error) {
    throw auditQueryError(error);
  }
}
