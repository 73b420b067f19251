import type { Identifier } from './identifier.js';

/** What the first event of a request or a hold says of the agent, as its token did. */
const ownerIn = (type: string, path: string): string =>
  `LowCardinality(String) DEFAULT if(type = '${type}', JSONExtractString(data, ${path}), '') CODEC(ZSTD(1))`;

/** Columns that are made of others, so that nobody inserts them. */
export const ownerColumns = {
  events: { agent_owner: ownerIn('AccessRequested', "'requester', 'owner'") },
  holds: { agent_owner: ownerIn('CommandHeld', "'agent', 'owner'") },
} as const;

const sources = ['commands', 'events', 'holds'] as const;

const found = (database: Identifier, table: string): string =>
  `SELECT lowerUTF8(agent_owner) AS owner_key, agent_issuer, agent_owner
FROM (SELECT DISTINCT agent_issuer, agent_owner FROM ${database}.${table} WHERE agent_owner != '')`;

/**
 * By which names agents' tokens named their owners, so that it need not be looked for in all commands whose owner
 * somebody is. A name stands there for ever, in as many copies as there are; it opens only rows that say the same.
 */
export const owners = (database: Identifier): readonly string[] => [
  ...Object.entries(ownerColumns).map(
    ([table, { agent_owner }]) =>
      `ALTER TABLE ${database}.${table} ADD COLUMN IF NOT EXISTS agent_owner ${agent_owner}`,
  ),
  `CREATE TABLE IF NOT EXISTS ${database}.owners
(
    owner_key String,
    agent_issuer String,
    agent_owner String
)
ENGINE = ReplacingMergeTree
ORDER BY (owner_key, agent_issuer, agent_owner)`,
  // First what comes, then what is there: nothing is missed between the two, and twice is as good as once.
  ...sources.map(
    (table) =>
      `CREATE MATERIALIZED VIEW IF NOT EXISTS ${database}.owners_of_${table} TO ${database}.owners AS ${found(database, table)}`,
  ),
  ...sources.map((table) => `INSERT INTO ${database}.owners ${found(database, table)}`),
];
