import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedClickHouse } from '@drawbridge/embedded';
import { Identifier } from '../src/clickhouse/identifier.js';
import type { AuditStore } from '../src/clickhouse/select-page.js';

export interface TestStore extends AuditStore {
  /** Rows of any query, as ClickHouse gives them. */
  rows(query: string): Promise<unknown[]>;
  stop(): Promise<void>;
}

/** An empty ClickHouse of its own for one test file. */
export async function startTestStore(): Promise<TestStore> {
  const directory = await mkdtemp(join(tmpdir(), 'drawbridge-audit-'));
  const engine = await startEmbeddedClickHouse({ directory });
  const client = engine.createClient();
  return {
    client,
    database: Identifier.parse('drawbridge'),
    rows: async (query) => (await client.query({ query, format: 'JSONEachRow' })).json(),
    stop: async () => {
      await engine.close();
      await rm(directory, { recursive: true });
    },
  };
}
