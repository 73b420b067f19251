import { clusterCallsStatements, clusterCallsTables } from './cluster-calls-table.js';
import { compactParts } from './compact-parts-migration.js';
import { eventColumns } from './event-columns.js';
import type { Identifier } from './identifier.js';
import { ingestLags, ingestLagsTable } from './ingest-lags-migration.js';
import { ownerColumns, owners } from './owners-migration.js';
import { mergedMonths } from './merged-months-migration.js';
import { rarerMerges } from './rarer-merges-migration.js';
import { addedColumns, recordTables, recordTablesStatements } from './record-tables.js';
import { placeIndexes } from './places-migration.js';
import { searchIndex } from './search-migration.js';
import { storedCopies } from './stored-copies-migration.js';
import { deduplication, index, instant, listOf, max, word } from './table-text.js';

/**
 * One forward step of the schema. Its statements run one after the other; each can be run again, because two
 * replicas may start at once and because a process may die between two of them.
 */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly statements: (database: Identifier) => readonly string[];
}

const commandColumns = {
  command_id: 'UUID',
  received_at: "DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))",
  connection: word,
  grant_id: max('Nullable(UUID)'),
  access_request_id: max('Nullable(UUID)'),
  agent_kind: word,
  agent_issuer: word,
  agent_subject: `${max('String')} CODEC(ZSTD(1))`,
  agent_groups: `${max('Array(String)')} CODEC(ZSTD(1))`,
  agent_email: `${max('String')} CODEC(ZSTD(1))`,
  agent_owner: `${max('String')} CODEC(ZSTD(1))`,
  method: word,
  path: `${max('String')} CODEC(ZSTD(3))`,
  query: `${max('String')} CODEC(ZSTD(3))`,
  verb: word,
  api_group: word,
  api_version: word,
  resource: word,
  subresource: word,
  namespace: word,
  name: `${max('String')} CODEC(ZSTD(1))`,
  client_address: `${max('String')} CODEC(ZSTD(1))`,
  user_agent: `${max('String')} CODEC(ZSTD(1))`,
  effect: word,
  reason: word,
  message: `${max('String')} CODEC(ZSTD(3))`,
  decided_at: instant,
  ended_at: instant,
  outcome: word,
  outcome_reason: word,
  status_code: max('UInt16'),
  request_bytes: `${max('UInt64')} CODEC(T64, ZSTD(1))`,
  response_bytes: `${max('UInt64')} CODEC(T64, ZSTD(1))`,
  duration_ms: `${max('Float64')} CODEC(ZSTD(1))`,
  sequences: 'SimpleAggregateFunction(groupUniqArrayArray, Array(UInt64)) CODEC(ZSTD(1))',
} as const;

/** What guardrails, holds and masks did to a command; added by migration 3. */
const guardColumns = {
  content_type: word,
  dry_run: max('Nullable(Bool)'),
  policy_version: word,
  rule: word,
  /** Of the rule that decided and of all others that were met, to be searched. */
  rules: max('Array(String)'),
  /** The one that cut the command, which only its end tells. */
  outcome_rule: word,
  matched: `${max('Array(Tuple(rule String, action String, doubt String))')} CODEC(ZSTD(1))`,
  hold_id: max('Nullable(UUID)'),
  warnings: `${max('Array(String)')} CODEC(ZSTD(3))`,
  masked: max('Nullable(UInt32)'),
  transfers: `${max('Array(Tuple(direction String, path String, bytes UInt64))')} CODEC(ZSTD(1))`,
  exit_code: max('Nullable(Int32)'),
} as const;

/** What is in the archive of a `cp`, as JSON; added by migration 14. */
const archiveColumns = { archive: `${max('String')} CODEC(ZSTD(3))` } as const;

/** What was met in a session; added by migration 5. */
const sessionColumns = { typed: guardColumns.matched } as const;

const holdColumns = {
  sequence: eventColumns.sequence,
  id: eventColumns.id,
  type: eventColumns.type,
  schema_version: eventColumns.schema_version,
  hold_id: eventColumns.aggregate_id,
  correlation_id: eventColumns.correlation_id,
  causation_id: eventColumns.causation_id,
  actor_kind: eventColumns.actor_kind,
  actor_id: eventColumns.actor_id,
  at: eventColumns.at,
  hash: eventColumns.hash,
  previous_hash: eventColumns.previous_hash,
  connection: eventColumns.connection,
  agent_issuer: eventColumns.agent_issuer,
  agent_subject: eventColumns.agent_subject,
  grant_id: eventColumns.grant_id,
  access_request_id: 'Nullable(UUID)',
  rule: 'LowCardinality(String)',
  data: eventColumns.data,
} as const;

const stopColumns = {
  sequence: eventColumns.sequence,
  id: eventColumns.id,
  type: eventColumns.type,
  schema_version: eventColumns.schema_version,
  stop_key: eventColumns.aggregate_id,
  correlation_id: eventColumns.correlation_id,
  causation_id: eventColumns.causation_id,
  actor_kind: eventColumns.actor_kind,
  actor_id: eventColumns.actor_id,
  at: eventColumns.at,
  hash: eventColumns.hash,
  previous_hash: eventColumns.previous_hash,
  connection: eventColumns.connection,
  agent_issuer: eventColumns.agent_issuer,
  agent_subject: eventColumns.agent_subject,
  data: eventColumns.data,
} as const;

const events = (database: Identifier): string => `
CREATE TABLE IF NOT EXISTS ${database}.events
(
${listOf(eventColumns)},
    ${index('aggregate_id')},
    ${index('agent_subject')},
    ${index('grant_id')}
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (at, sequence)
SETTINGS ${deduplication}`;

const commands = (database: Identifier): string => `
CREATE TABLE IF NOT EXISTS ${database}.commands
(
${listOf(commandColumns)},
    ${index('agent_subject')},
    ${index('grant_id')},
    ${index('access_request_id')},
    INDEX by_connection connection TYPE set(100) GRANULARITY 4,
    INDEX by_namespace namespace TYPE set(1000) GRANULARITY 4
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(received_at)
ORDER BY (received_at, command_id)
SETTINGS ${deduplication}`;

const guards = (database: Identifier): readonly string[] => [
  ...Object.entries(guardColumns).map(
    ([name, type]) => `ALTER TABLE ${database}.commands ADD COLUMN IF NOT EXISTS ${name} ${type}`,
  ),
  ...['rules', 'outcome_rule', 'hold_id'].map(
    (column) =>
      `ALTER TABLE ${database}.commands ADD INDEX IF NOT EXISTS by_${column} ${column} TYPE bloom_filter(0.01) GRANULARITY 4`,
  ),
];

const sessions = (database: Identifier): readonly string[] => [
  `ALTER TABLE ${database}.commands ADD COLUMN IF NOT EXISTS typed ${sessionColumns.typed}`,
];

const archives = (database: Identifier): readonly string[] => [
  `ALTER TABLE ${database}.commands ADD COLUMN IF NOT EXISTS archive ${archiveColumns.archive}`,
];

const holds = (database: Identifier): string => `
CREATE TABLE IF NOT EXISTS ${database}.holds
(
${listOf(holdColumns)},
    ${index('hold_id')},
    ${index('agent_subject')},
    ${index('grant_id')},
    ${index('rule')}
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (at, sequence)
SETTINGS ${deduplication}`;

const stops = (database: Identifier): string => `
CREATE TABLE IF NOT EXISTS ${database}.stops
(
${listOf(stopColumns)},
    ${index('stop_key')}
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (at, sequence)
SETTINGS ${deduplication}`;

/** Forward only: what has been released is never edited, a change is a new entry at the end. */
export const migrations: readonly Migration[] = [
  { version: 1, name: 'events', statements: (database) => [events(database)] },
  { version: 2, name: 'commands', statements: (database) => [commands(database)] },
  { version: 3, name: 'guardrails', statements: guards },
  { version: 4, name: 'holds', statements: (database) => [holds(database)] },
  { version: 5, name: 'sessions', statements: sessions },
  { version: 6, name: 'stops', statements: (database) => [stops(database)] },
  { version: 7, name: 'record', statements: recordTablesStatements },
  { version: 8, name: 'owners', statements: owners },
  { version: 9, name: 'ingest_lags', statements: ingestLags },
  { version: 10, name: 'cluster_calls', statements: clusterCallsStatements },
  { version: 11, name: 'merged_months', statements: mergedMonths },
  { version: 12, name: 'search', statements: searchIndex },
  { version: 13, name: 'places', statements: placeIndexes },
  { version: 14, name: 'archives', statements: archives },
  { version: 15, name: 'compact_parts', statements: compactParts },
  { version: 16, name: 'rarer_merges', statements: rarerMerges },
  { version: 17, name: 'stored_copies', statements: storedCopies },
];

/** What must hold after the last migration, because one row per event and command rests on it. */
export const expectedTables = {
  events: {
    engine: 'ReplacingMergeTree',
    sortingKey: 'at, sequence',
    partitionKey: 'toYYYYMM(at)',
    columns: Object.keys({ ...eventColumns, ...addedColumns.events, ...ownerColumns.events }),
  },
  commands: {
    engine: 'AggregatingMergeTree',
    sortingKey: 'received_at, command_id',
    partitionKey: 'toYYYYMM(received_at)',
    columns: Object.keys({
      ...commandColumns,
      ...guardColumns,
      ...sessionColumns,
      ...addedColumns.commands,
      ...archiveColumns,
    }),
  },
  holds: {
    engine: 'ReplacingMergeTree',
    sortingKey: 'at, sequence',
    partitionKey: 'toYYYYMM(at)',
    columns: Object.keys({ ...holdColumns, ...addedColumns.holds, ...ownerColumns.holds }),
  },
  stops: {
    engine: 'ReplacingMergeTree',
    sortingKey: 'at, sequence',
    partitionKey: 'toYYYYMM(at)',
    columns: Object.keys({ ...stopColumns, ...addedColumns.stops }),
  },
  ...recordTables,
  ingest_lags: ingestLagsTable,
  ...clusterCallsTables,
  owners: {
    engine: 'ReplacingMergeTree',
    sortingKey: 'owner_key, agent_issuer, agent_owner',
    partitionKey: '',
    columns: ['owner_key', 'agent_issuer', 'agent_owner'],
  },
} as const;
