import type { Identifier } from './identifier.js';
import { deduplication, listOf } from './table-text.js';

const columns = {
  stream: 'LowCardinality(String)',
  /** In which the messages were stored in a table. */
  minute: "DateTime('UTC') CODEC(DoubleDelta, ZSTD(1))",
  messages: 'SimpleAggregateFunction(sum, UInt64)',
  records: 'SimpleAggregateFunction(sum, UInt64)',
  /** How long after the stream took them. */
  lag_seconds: 'AggregateFunction(quantilesTDigest(0.5, 0.99), Float64)',
  longest_seconds: 'SimpleAggregateFunction(max, Float64)',
} as const;

const LAG = "greatest(dateDiff('millisecond', stored_at, now64(3, 'UTC')) / 1000., 0.)";

/**
 * How far behind the ingest was, one row a minute and stream. When a row was stored is no part of the row: that is a
 * function of its message alone. So it is noted beside, as the rows come; what comes again counts again.
 */
export const ingestLags = (database: Identifier): readonly string[] => [
  `CREATE TABLE IF NOT EXISTS ${database}.ingest_lags
(
${listOf(columns)}
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(minute)
ORDER BY (stream, minute)
SETTINGS ${deduplication}`,
  `CREATE MATERIALIZED VIEW IF NOT EXISTS ${database}.ingest_lags_of_messages TO ${database}.ingest_lags AS
SELECT stream, toStartOfMinute(now('UTC')) AS minute, count() AS messages, sum(lines) AS records,
       quantilesTDigestState(0.5, 0.99)(${LAG}) AS lag_seconds, max(${LAG}) AS longest_seconds
FROM ${database}.stream_messages GROUP BY stream, minute`,
];

/** What must hold of it. */
export const ingestLagsTable = {
  engine: 'AggregatingMergeTree',
  sortingKey: 'stream, minute',
  partitionKey: 'toYYYYMM(minute)',
  columns: Object.keys(columns),
} as const;
