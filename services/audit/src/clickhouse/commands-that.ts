import { allOf, type Condition } from './condition.js';
import type { Identifier } from './identifier.js';

/**
 * The rows of commands, start and end in one, that meet all conditions: what stands behind FROM.
 *
 * Merging rows while they are read is what a question costs, most of all when merges are behind, and every column of
 * every row takes part in it. So the times of the commands that may meet the conditions are found before, in narrow columns
 * of rows as they lie there, and only rows of these times are merged. Since the time is of the sorting key, a command is
 * merged whole or not at all; what it meets is judged afterwards, of the one row.
 */
export function commandsThat(database: Identifier, conditions: readonly Condition[]): Condition {
  const { parameters } = allOf(conditions);
  const before = foundBefore(database, conditions);
  const prewhere = before.length === 0 ? '' : ` PREWHERE ${before.join(' AND ')}`;
  // What is about the key is judged there already, and is the same of the merged row.
  const { sql } = allOf(conditions.filter((condition) => condition.foundBy !== 'key'));
  return { sql: `${database}.commands FINAL${prewhere} WHERE ${sql}`, parameters };
}

/** Conditions on the key that every row of a wanted command meets. */
export function foundBefore(
  database: Identifier,
  conditions: readonly Condition[],
): readonly string[] {
  const keys = foundBySome(conditions, 'key');
  const few = foundBySome(conditions, 'few');
  const groups =
    few.length > 0
      ? few.map((one) => [one])
      : [foundBySome(conditions, 'start'), ...foundBySome(conditions, 'one').map((one) => [one])];
  return [
    ...keys.map(({ sql }) => `(${sql})`),
    ...groups
      .filter((group) => group.length > 0)
      .map((group) => `received_at IN (${timesOf(database, [...keys, ...group])})`),
  ];
}

/** Times of rows that meet all of the conditions by themselves. */
export const timesOf = (database: Identifier, conditions: readonly Condition[]): string =>
  `SELECT received_at FROM ${database}.commands WHERE ${allOf(conditions).sql}`;

export const foundBySome = (
  conditions: readonly Condition[],
  by: NonNullable<Condition['foundBy']>,
): readonly Condition[] => conditions.filter((condition) => condition.foundBy === by);
