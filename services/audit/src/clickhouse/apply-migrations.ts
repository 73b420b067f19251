import { createHash } from 'node:crypto';
import type { ClickHouseClient } from '@clickhouse/client';
import type { Clock } from '@drawbridge/kernel';
import { z } from 'zod';
import { Identifier } from './identifier.js';
import { migrations, type Migration } from './migrations.js';
import { onCluster } from './on-cluster.js';
import { SchemaError } from './schema-error.js';

const Applied = z.array(z.object({ version: z.int(), name: z.string(), checksum: z.string() }));
type Applied = z.infer<typeof Applied>;

const journal = (database: Identifier): string => `
CREATE TABLE IF NOT EXISTS ${database}.schema_migrations
(
    version UInt32,
    name String,
    checksum FixedString(64),
    applied_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY version`;

export interface Schema {
  readonly client: ClickHouseClient;
  readonly database: Identifier;
  readonly clock: Clock;
  /** Name of the cluster whose servers all have the tables; absent: a server by itself. */
  readonly cluster?: Identifier;
}

/**
 * Brings the database to this version. Audit is its only owner. Safe to run by several replicas at once, and
 * again after a crash anywhere in it.
 *
 * @throws SchemaError `schema_too_new` or `schema_mismatch`, before anything is changed
 */
export async function applyMigrations(
  schema: Schema,
  known: readonly Migration[] = migrations,
): Promise<void> {
  const { client, database, cluster } = schema;
  for (const query of [`CREATE DATABASE IF NOT EXISTS ${database}`, journal(database)]) {
    await client.command({ query: onCluster(query, cluster) });
  }
  const applied = await appliedTo(schema);
  refuseNewer(applied, known);
  refuseAltered(applied, known, database);
  const versions = new Set(applied.map(({ version }) => version));
  for (const migration of known.filter(({ version }) => !versions.has(version))) {
    await apply(schema, migration);
  }
}

async function appliedTo({ client, database }: Schema): Promise<Applied> {
  const result = await client.query({
    query: `SELECT version, name, checksum FROM ${database}.schema_migrations FINAL ORDER BY version`,
    format: 'JSONEachRow',
  });
  return Applied.parse(await result.json());
}

async function apply(schema: Schema, migration: Migration): Promise<void> {
  const { client, database, clock, cluster } = schema;
  for (const query of migration.statements(database)) {
    await client.command({ query: onCluster(query, cluster) });
  }
  const { version, name } = migration;
  await client.insert({
    table: `${database}.schema_migrations`,
    values: [{ version, name, checksum: checksumOf(migration), applied_at: clock().toISOString() }],
    format: 'JSONEachRow',
    clickhouse_settings: { date_time_input_format: 'best_effort' },
  });
}

function refuseNewer(applied: Applied, known: readonly Migration[]): void {
  const newest = Math.max(0, ...applied.map(({ version }) => version));
  const ours = Math.max(0, ...known.map(({ version }) => version));
  if (newest <= ours) return;
  throw new SchemaError(
    'schema_too_new',
    `the database is at schema version ${newest}, this audit service knows up to ${ours}: start a newer one`,
  );
}

function refuseAltered(applied: Applied, known: readonly Migration[], database: Identifier): void {
  const byVersion = new Map(known.map((migration) => [migration.version, migration]));
  const altered = applied.filter(({ version, checksum }) => {
    const migration = byVersion.get(version);
    return migration === undefined || checksumOf(migration) !== checksum;
  });
  if (altered.length === 0) return;
  const names = altered.map(({ version, name }) => `${version} (${name})`).join(', ');
  throw new SchemaError(
    'schema_mismatch',
    `database "${database}" was made by another form of migration ${names}: a released migration never changes`,
  );
}

/** SHA-256 of the statements, the same for every database name and layout of the source. */
function checksumOf({ statements }: Migration): string {
  const text = statements(Identifier.parse('database'))
    .map((statement) => statement.replace(/\s+/g, ' ').trim())
    .join(';');
  return createHash('sha256').update(text).digest('hex');
}
