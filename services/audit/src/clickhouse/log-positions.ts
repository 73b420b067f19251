import { z } from 'zod';
import type { AuditStore } from './select-page.js';

/** How far a log has been read. */
export interface LogPosition {
  /** Which file: its name may become that of another. */
  readonly file: string;
  readonly offset: number;
}

const Rows = z.array(z.object({ file: z.string(), offset: z.number() }));

/** Remembers how far the log of each connection has been read. */
export class LogPositions {
  constructor(private readonly store: AuditStore) {}

  async of(connection: string): Promise<LogPosition | undefined> {
    const { client, database } = this.store;
    const result = await client.query({
      query: `SELECT file, offset FROM ${database}.cluster_log_positions FINAL WHERE connection = {connection:String}`,
      query_params: { connection },
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    });
    return Rows.parse(await result.json())[0];
  }

  async note(connection: string, { file, offset }: LogPosition): Promise<void> {
    const { client, database } = this.store;
    await client.insert({
      table: `${database}.cluster_log_positions`,
      values: [{ connection, file, offset }],
      format: 'JSONEachRow',
      clickhouse_settings: { async_insert: 0, wait_end_of_query: 1 },
    });
  }
}
