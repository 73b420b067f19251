/** A part of a WHERE clause. Values never stand in the text: the server binds them by name. */
export interface Condition {
  readonly sql: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

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

/** An agent by its subject, or by `<issuer>#<subject>`. */
export const isAgent = (agent: string): Condition => ({
  sql: "agent_subject = {agent:String} OR concat(agent_issuer, '#', agent_subject) = {agent:String}",
  parameters: { agent },
});
