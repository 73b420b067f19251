import type { Identifier } from './identifier.js';

const MOST_COMPACT_BYTES = 67_108_864;

/**
 * A batch becomes a part of one file for all columns. As a part of its own file for each, it is some 300 files, and making and
 * removing them took the kernel as much CPU as ClickHouse needed to parse the rows. Parts that are merged to more than
 * 64 MiB have a file for each column, as before: questions read few columns.
 */
export const compactParts = (database: Identifier): readonly string[] => [
  `ALTER TABLE ${database}.commands MODIFY SETTING min_bytes_for_wide_part = ${MOST_COMPACT_BYTES}`,
];
