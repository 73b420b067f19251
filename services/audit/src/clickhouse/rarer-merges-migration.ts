import type { Identifier } from './identifier.js';

/** By default 5. */
const MERGE_BASE = 10;

/**
 * Parts of about the same size are merged ten at once, not five, so that a row is written again less often until it lies
 * in a large part. Parts to which nothing is added are merged of fewer as they grow older, as before.
 */
export const rarerMerges = (database: Identifier): readonly string[] => [
  `ALTER TABLE ${database}.commands MODIFY SETTING merge_selector_base = ${MERGE_BASE}`,
];
