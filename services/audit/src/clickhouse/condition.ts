/** A part of a WHERE clause. Values never stand in the text: the server binds them by name. */
export interface Condition {
  readonly sql: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Of commands, by which of its rows a command that meets it is found before they are merged; absent: by none. */
  readonly foundBy?: FoundBy;
}

/**
 * `key`: it is about nothing but the sorting key, which all rows of a command have. `start`: about columns that only
 * its start fills, or start and end alike, so the row of the start meets all such conditions together. `one`: whichever
 * row it is, one meets it. `few`: the same, and so few commands do that no other condition need be looked at before.
 */
export type FoundBy = 'key' | 'start' | 'one' | 'few';

export const foundBy = (by: FoundBy, conditions: readonly Condition[]): readonly Condition[] =>
  conditions.map((condition) => ({ ...condition, foundBy: by }));

/** A condition on a value, or none when there is no value. */
export function given<Value>(
  value: Value | undefined,
  condition: (value: Value) => Condition,
): readonly Condition[] {
  return value === undefined ? [] : [condition(value)];
}

/** All conditions as one; parameter names must differ. */
export function allOf(conditions: readonly Condition[]): Condition {
  return {
    sql: ['1', ...conditions.map(({ sql }) => `(${sql})`)].join(' AND '),
    parameters: Object.fromEntries(
      conditions.flatMap(({ parameters }) => Object.entries(parameters)),
    ),
  };
}

/** `<column> IN <values>`; the parameter is named after the column. */
export const isOneOf = (column: string, values: readonly string[]): Condition => ({
  sql: `${column} IN {${column}:Array(String)}`,
  parameters: { [column]: values },
});

/** RFC 3339 in UTC as ClickHouse reads it without settings. */
export const clickHouseTime = (instant: string): string =>
  instant.slice(0, 23).replace('T', ' ').replace('Z', '');

/** The time range that every query of ours has. */
export const inTime = (
  column: string,
  { since, until }: { since?: string | undefined; until?: string | undefined },
): readonly Condition[] => [
  ...given(since, (from) => ({
    sql: `${column} >= {since:DateTime64(3, 'UTC')}`,
    parameters: { since: clickHouseTime(from) },
  })),
  ...given(until, (before) => ({
    sql: `${column} < {until:DateTime64(3, 'UTC')}`,
    parameters: { until: clickHouseTime(before) },
  })),
];

/** An agent by its subject, or by `<issuer>#<subject>`, either of which may hold a `#`. */
export function isAgent(agent: string): Condition {
  const parts = agent.split('#');
  if (parts.length === 1) {
    return { sql: 'agent_subject = {agent:String}', parameters: { agent } };
  }
  const subjects = parts.map((_, index) => parts.slice(index).join('#'));
  return {
    // The first half is implied by the second; it alone is found by an index, and compared without making texts.
    sql: "agent_subject IN {agentSubjects:Array(String)} AND (agent_subject = {agent:String} OR concat(agent_issuer, '#', agent_subject) = {agent:String})",
    parameters: { agent, agentSubjects: subjects },
  };
}
