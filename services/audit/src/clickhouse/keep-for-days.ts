import { z } from 'zod';
import type { Schema } from './apply-migrations.js';
import { onCluster } from './on-cluster.js';

/** Not of checkpoints: they are few, and an export of long ago is proved by them. */
const times = {
  events: 'at',
  commands: 'received_at',
  holds: 'at',
  stops: 'at',
  bodies: 'received_at',
  session_chunks: 'received_at',
  stream_messages: 'stored_at',
  ingest_lags: 'minute',
  uses: 'at',
  audit_events: 'at',
  cluster_calls: 'received_at',
} as const;
const CreateQuery = z.array(z.object({ text: z.string() })).length(1);

/** Sets how long rows are kept. Nothing is altered when it is so already; a shorter time deletes. */
export async function keepForDays(schema: Schema, days: number): Promise<void> {
  for (const [table, column] of Object.entries(times)) {
    const wanted = `TTL toDateTime(${column}) + toIntervalDay(${days})`;
    if (await holds(schema, table, wanted)) continue;
    await schema.client.command({
      query: onCluster(`ALTER TABLE ${schema.database}.${table} MODIFY ${wanted}`, schema.cluster),
    });
  }
}

async function holds({ client, database }: Schema, table: string, ttl: string): Promise<boolean> {
  const result = await client.query({
    query:
      'SELECT create_table_query AS text FROM system.tables WHERE database = {database:String} AND name = {table:String}',
    query_params: { database, table },
    format: 'JSONEachRow',
  });
  const [row] = CreateQuery.parse(await result.json());
  return row?.text.includes(`${ttl} `) ?? false;
}
