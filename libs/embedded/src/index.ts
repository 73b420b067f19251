export {
  startEmbeddedClickHouse,
  type EmbeddedClickHouse,
} from './clickhouse/start-embedded-clickhouse.js';
