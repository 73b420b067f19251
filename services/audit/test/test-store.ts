import { startClickHouse } from '@drawbridge/testing';
import { Identifier } from '../src/clickhouse/identifier.js';
import type { AuditStore } from '../src/clickhouse/select-page.js';

export interface TestStore extends AuditStore {
  /** Rows of any query, as ClickHouse gives them. */
  rows(query: string): Promise<unknown[]>;
  stop(): Promise<void>;
}

/** An empty ClickHouse of its own for one test file. */
export async function startTestStore(): Promise<TestStore> {
  const clickHouse = await startClickHouse();
  const { client } = clickHouse;
  return {
    client,
    database: Identifier.parse('drawbridge'),
    rows: async (query) =>
      (await client.query({ query, format: 'JSONEachRow', clickhouse_settings })).json(),
    stop: () => clickHouse.stop(),
  };
}

/** As the service reads: numbers as numbers, whatever the version has as its default. */
const clickhouse_settings = { output_format_json_quote_64bit_integers: 0 } as const;
