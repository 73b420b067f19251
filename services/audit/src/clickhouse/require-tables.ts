import { z } from 'zod';
import type { Schema } from './apply-migrations.js';
import { expectedTables } from './migrations.js';
import { SchemaError } from './schema-error.js';

const Found = z.array(
  z.object({
    name: z.string(),
    engine: z.string(),
    sorting_key: z.string(),
    partition_key: z.string(),
    columns: z.array(z.string()),
  }),
);
type Found = z.infer<typeof Found>[number];

const query = `
SELECT tables.name AS name, any(engine) AS engine, any(sorting_key) AS sorting_key,
       any(partition_key) AS partition_key, groupArray(columns.name) AS columns
FROM system.tables AS tables
INNER JOIN system.columns AS columns ON columns.database = tables.database AND columns.table = tables.name
WHERE tables.database = {database:String} AND tables.name IN {tables:Array(String)}
GROUP BY name`;

/**
 * Checks that the tables are as the migrations made them: a row would otherwise be doubled or a column lost
 * without anybody noticing.
 *
 * @throws SchemaError `schema_mismatch`
 */
export async function requireTables({ client, database }: Schema): Promise<void> {
  const result = await client.query({
    query,
    query_params: { database, tables: Object.keys(expectedTables) },
    format: 'JSONEachRow',
  });
  const found = new Map(Found.parse(await result.json()).map((table) => [table.name, table]));
  for (const [name, expected] of Object.entries(expectedTables)) {
    const differences = differencesOf(expected, found.get(name));
    if (differences.length > 0) {
      const message = `table ${database}.${name}: ${differences.join('; ')}`;
      throw new SchemaError('schema_mismatch', message);
    }
  }
}

type Expected = (typeof expectedTables)[keyof typeof expectedTables];

function differencesOf(expected: Expected, found: Found | undefined): string[] {
  if (found === undefined) return ['is missing'];
  const columns = new Set(found.columns);
  const missing = expected.columns.filter((column) => !columns.has(column));
  return [
    // On a cluster the same engine is called Replicated… or Shared….
    ...(found.engine.endsWith(expected.engine) ? [] : [`engine is ${found.engine}`]),
    ...(found.sorting_key === expected.sortingKey ? [] : [`sorted by ${found.sorting_key}`]),
    ...(found.partition_key === expected.partitionKey
      ? []
      : [`partitioned by ${found.partition_key}`]),
    ...missing.map((column) => `no column ${column}`),
  ];
}
