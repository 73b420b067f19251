import type { Identifier } from './identifier.js';
import { index, listOf } from './table-text.js';

/*
 * What clusters themselves saw of the gateway. Beside the record and not of it: its rows come from no stream, and
 * nothing is proved by them but that something is missing elsewhere.
 */

const word = 'LowCardinality(String)';
const text = 'String CODEC(ZSTD(1))';

/** One row for each call, of its latest stage. */
const columns = {
  connection: word,
  audit_id: text,
  received_at: "DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1))",
  stage: 'UInt8',
  /** When audit was told. */
  noted_at: "DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') CODEC(Delta, ZSTD(1))",
  user: word,
  impersonated_user: text,
  impersonated_command: text,
  impersonated_grant: text,
  verb: word,
  api_group: word,
  api_version: word,
  resource: word,
  subresource: word,
  namespace: word,
  name: text,
  path: 'String CODEC(ZSTD(3))',
  dry_run: 'UInt8',
  is_own: 'UInt8',
  status: 'UInt16',
  source_ips: 'Array(String) CODEC(ZSTD(1))',
  user_agent: text,
} as const;

/** How far the log file of a connection has been read. */
const positionColumns = {
  connection: 'String',
  file: 'String',
  offset: 'UInt64',
  noted_at: "DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')",
} as const;

export const clusterCallsStatements = (database: Identifier): readonly string[] => [
  `CREATE TABLE IF NOT EXISTS ${database}.cluster_calls
(
${listOf(columns)},
    ${index('audit_id')},
    INDEX by_noted_at noted_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(stage)
PARTITION BY toYYYYMM(received_at)
ORDER BY (received_at, connection, audit_id)`,
  `CREATE TABLE IF NOT EXISTS ${database}.cluster_log_positions
(
${listOf(positionColumns)}
)
ENGINE = ReplacingMergeTree(noted_at)
ORDER BY connection`,
];

/** What must hold of them. */
export const clusterCallsTables = {
  cluster_calls: {
    engine: 'ReplacingMergeTree',
    sortingKey: 'received_at, connection, audit_id',
    partitionKey: 'toYYYYMM(received_at)',
    columns: Object.keys(columns),
  },
  cluster_log_positions: {
    engine: 'ReplacingMergeTree',
    sortingKey: 'connection',
    partitionKey: '',
    columns: Object.keys(positionColumns),
  },
} as const;
