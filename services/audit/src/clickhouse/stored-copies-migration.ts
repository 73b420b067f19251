import type { Identifier } from './identifier.js';

const tables = [
  ...['commands', 'bodies', 'session_chunks', 'stream_messages', 'checkpoints'],
  ...['events', 'holds', 'stops', 'uses', 'audit_events', 'ingest_lags'],
] as const;

/**
 * A batch that comes again is stored again, and merged by the keys. ClickHouse notes that it knows a batch before the
 * rows are in their place: of one that was killed between the two, the same batch was taken for a copy from then on,
 * acknowledged and thrown away.
 */
export const storedCopies = (database: Identifier): readonly string[] =>
  tables.map(
    (table) =>
      `ALTER TABLE ${database}.${table} MODIFY SETTING non_replicated_deduplication_window = 0`,
  );
