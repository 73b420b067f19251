import type { z } from 'zod';
import { commandsThat } from '../commands-that.js';
import type { Condition } from '../condition.js';
import type { Identifier } from '../identifier.js';
import type { RowAccess } from '../row-access.js';

/** Who asks, of which database. */
export interface Asking {
  readonly database: Identifier;
  readonly access: RowAccess;
}

/**
 * A question as one query, whole but for LIMIT and FORMAT. Its columns have the names of the fields of its rows, in
 * their order, and no two rows have the same place in its order.
 */
export interface Question<Row = unknown> {
  readonly row: z.ZodObject & z.ZodType<Row>;
  readonly sql: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** Bound: from the first instant on, before the second. */
export interface Times {
  readonly since?: string | undefined;
  readonly until: string;
}

/** What changed something, or may have. */
export const IS_CHANGE =
  "effect = 'allow' AND (verb NOT IN ('get', 'list', 'watch') OR subresource IN ('exec', 'attach', 'portforward'))";

export const AGENT = `toString(agent_issuer) AS agentIssuer, toString(agent_subject) AS agentSubject, toString(agent_owner) AS agentOwner`;
/** What a call on no resource is known by. */
export const PATH = "if(resource = '', path, '')";
export const SPAN = 'min(received_at) AS firstAt, max(received_at) AS lastAt';

/** Text or NULL, because an id as such is not text in Parquet. */
export const idText = (column: string): string =>
  `if(${column} IS NULL, NULL, toString(assumeNotNull(${column})))`;

/** Commands that meet all conditions, and that whoever asks may see. */
export const commandsSeen = (
  { database, access }: Asking,
  conditions: readonly Condition[],
): Condition => commandsThat(database, [...conditions, ...access.commands]);
