import type { Identifier } from './identifier.js';

const DAY_SECONDS = 86_400;

/** Tables whose rows are merged while they are read, by every question. */
const tables = ['commands', 'events', 'holds'] as const;

/**
 * A month to which nothing has come for a day is merged into one part, whose rows are read as they lie there. The
 * largest size of a part holds for it too, so that a month of a large record is some parts and no hour of merging.
 */
export const mergedMonths = (database: Identifier): readonly string[] =>
  tables.map(
    (table) => `ALTER TABLE ${database}.${table} MODIFY SETTING
min_age_to_force_merge_seconds = ${DAY_SECONDS}, min_age_to_force_merge_on_partition_only = 1,
enable_max_bytes_limit_for_min_age_to_force_merge = 1`,
  );
