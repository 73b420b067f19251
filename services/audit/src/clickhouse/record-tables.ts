import { eventColumns } from './event-columns.js';
import type { Identifier } from './identifier.js';
import { deduplication, index, listOf, max } from './table-text.js';

/*
 * Migration 7: every line of a message and every message has a place of its own in the tables, so that the bytes of
 * the streams can be made again from rows.
 */

/** Where a line stands in its stream: see `domain/position.ts`. A line that was sent twice has two. */
const positions =
  'SimpleAggregateFunction(groupUniqArrayArray, Array(UInt64)) CODEC(DoubleDelta, ZSTD(1))';
/** CRC-32 of the line. */
const check = max('UInt32');
/** The line itself, when the other columns do not give it back byte for byte. */
const raw = `${max('String')} CODEC(ZSTD(3))`;
const digits = `${max('String')} CODEC(ZSTD(1))`;
const word = max('LowCardinality(String)');
const at = `${max("DateTime64(3, 'UTC')")} CODEC(Delta, ZSTD(1))`;
const text = `${max('String')} CODEC(ZSTD(3))`;

/** Added to tables of earlier migrations. */
export const addedColumns = {
  events: { raw: 'String CODEC(ZSTD(3))' },
  holds: { raw: 'String CODEC(ZSTD(3))' },
  stops: { raw: 'String CODEC(ZSTD(3))' },
  commands: {
    agent_sponsor: `${max('String')} CODEC(ZSTD(1))`,
    agent_run: `${max('String')} CODEC(ZSTD(1))`,
    /** Of each of `transfers`; empty when none has one. */
    transfer_hashes: `${max('Array(String)')} CODEC(ZSTD(1))`,
    flows: `${max('Array(Tuple(port UInt16, connections UInt32, sent UInt64, received UInt64))')} CODEC(ZSTD(1))`,
    start_positions: positions,
    end_positions: positions,
    start_check: check,
    end_check: check,
    start_raw: raw,
    end_raw: raw,
  },
} as const;

/** One row for each body, or the part of it that is kept. */
const bodyColumns = {
  command_id: 'UUID',
  received_at: "DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))",
  direction: 'LowCardinality(String)',
  connection: word,
  at,
  content_type: word,
  content_encoding: word,
  bytes: `${max('UInt64')} CODEC(T64, ZSTD(1))`,
  sha256: digits,
  encoding: word,
  content: text,
  objects: `${max('Array(Tuple(sha256 String, bytes UInt64))')} CODEC(ZSTD(1))`,
  cut: word,
  kept: max('Nullable(UInt64)'),
  positions,
  check,
  raw,
} as const;

/** One row for each piece of a recording. */
const chunkColumns = {
  command_id: 'UUID',
  received_at: "DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))",
  /** From 0; the line calls it `index`. */
  chunk_index: 'UInt32 CODEC(Delta, ZSTD(1))',
  connection: word,
  at,
  /** JSON, as in the line. */
  frames: text,
  /** What a person would have read, to be searched. */
  text,
  /** JSON, or empty. */
  header: text,
  /** JSON, or empty; the line calls it `final`. */
  ending: text,
  positions,
  check,
  raw,
} as const;

/** One row for each message of every stream that is copied. */
const messageColumns = {
  stream: 'LowCardinality(String)',
  sequence: 'UInt64 CODEC(DoubleDelta, ZSTD(1))',
  stored_at: "DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))",
  subject: 'String CODEC(ZSTD(1))',
  /** SHA-256 of its bytes, in hex. */
  digest: 'String CODEC(ZSTD(1))',
  bytes: 'UInt32 CODEC(T64, ZSTD(1))',
  lines: 'UInt16 CODEC(T64, ZSTD(1))',
  /** `record`: one, without a line break. `lines`: each with one. `open_lines`: each but the last. */
  form: 'LowCardinality(String)',
  /** What is in no other table, because it was parked; in base64. */
  parked: 'Array(Tuple(line UInt16, content String)) CODEC(ZSTD(3))',
} as const;

const eventTable = {
  sequence: eventColumns.sequence,
  id: eventColumns.id,
  type: eventColumns.type,
  schema_version: eventColumns.schema_version,
  aggregate_id: eventColumns.aggregate_id,
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
  command_id: 'Nullable(UUID)',
  data: eventColumns.data,
  raw: 'String CODEC(ZSTD(3))',
} as const;

/** Signed roots of the streams, as they were published on stream `CHECKPOINTS`. */
const checkpointColumns = {
  stream: 'LowCardinality(String)',
  /** Of the message on `CHECKPOINTS`. */
  sequence: 'UInt64',
  at,
  tree_size: max('UInt64'),
  first_sequence: max('UInt64'),
  last_sequence: max('UInt64'),
  /** Of the Merkle tree, base64 as in the note. */
  root: digits,
  /** The last link of the chain, in hex. */
  link: digits,
  /** Name and hash of the key, as in the note. */
  key: word,
  note: text,
  /** What a witness or time stamper answered, base64; it may come later than the rest. */
  receipt: text,
} as const;

interface Table {
  readonly engine: 'AggregatingMergeTree' | 'ReplacingMergeTree';
  readonly columns: Readonly<Record<string, string>>;
  readonly indexes: readonly string[];
  readonly sortingKey: string;
  readonly partitionKey: string;
}

/** Any word of a text may be looked for. */
const words = (column: string): string =>
  `INDEX words_of_${column} lower(${column}) TYPE tokenbf_v1(32768, 3, 0) GRANULARITY 1`;

const tables = {
  bodies: {
    engine: 'AggregatingMergeTree',
    columns: bodyColumns,
    indexes: [words('content')],
    sortingKey: 'received_at, command_id, direction',
    partitionKey: 'toYYYYMM(received_at)',
  },
  session_chunks: {
    engine: 'AggregatingMergeTree',
    columns: chunkColumns,
    indexes: [words('text')],
    sortingKey: 'received_at, command_id, chunk_index',
    partitionKey: 'toYYYYMM(received_at)',
  },
  stream_messages: {
    engine: 'ReplacingMergeTree',
    columns: messageColumns,
    indexes: [],
    // The time too: a stream that was made anew begins at 1 again.
    sortingKey: 'stream, sequence, stored_at',
    partitionKey: 'toYYYYMM(stored_at)',
  },
  uses: {
    engine: 'ReplacingMergeTree',
    columns: eventTable,
    indexes: ['aggregate_id', 'command_id'].map(index),
    sortingKey: 'at, sequence',
    partitionKey: 'toYYYYMM(at)',
  },
  audit_events: {
    engine: 'ReplacingMergeTree',
    columns: eventTable,
    indexes: ['aggregate_id', 'command_id', 'grant_id', 'agent_subject'].map(index),
    sortingKey: 'at, sequence',
    partitionKey: 'toYYYYMM(at)',
  },
  checkpoints: {
    engine: 'AggregatingMergeTree',
    columns: checkpointColumns,
    indexes: [],
    sortingKey: 'stream, sequence',
    partitionKey: '',
  },
} as const satisfies Record<string, Table>;

const statementOf = (database: Identifier, name: string, table: Table): string => `
CREATE TABLE IF NOT EXISTS ${database}.${name}
(
${[listOf(table.columns), ...table.indexes.map((each) => `    ${each}`)].join(',\n')}
)
ENGINE = ${table.engine}
${table.partitionKey === '' ? '' : `PARTITION BY ${table.partitionKey}\n`}ORDER BY (${table.sortingKey})
SETTINGS ${deduplication}`;

/** Each can be run again. */
export const recordTablesStatements = (database: Identifier): readonly string[] => [
  ...Object.entries(addedColumns).flatMap(([table, columns]) =>
    Object.entries(columns).map(
      ([name, type]) => `ALTER TABLE ${database}.${table} ADD COLUMN IF NOT EXISTS ${name} ${type}`,
    ),
  ),
  ...Object.entries(tables).map(([name, table]) => statementOf(database, name, table)),
];

const expected = ({ engine, sortingKey, partitionKey, columns }: Table) => ({
  engine,
  sortingKey,
  partitionKey,
  columns: Object.keys(columns),
});

/** What must hold of them, as of the tables before. */
export const recordTables = {
  bodies: expected(tables.bodies),
  session_chunks: expected(tables.session_chunks),
  stream_messages: expected(tables.stream_messages),
  uses: expected(tables.uses),
  audit_events: expected(tables.audit_events),
  checkpoints: expected(tables.checkpoints),
} as const;
