import type { Risk, SlackRoute } from '@drawbridge/contracts';

/** Where cards go, by the configuration in force. */
export interface Routing {
  readonly routes: readonly SlackRoute[];
  /** Label `team` of each connection that has one. */
  readonly teams: ReadonlyMap<string, string>;
}

/** What is asked, as far as routes look at it. */
export interface Routed {
  readonly connection: string;
  readonly environment: string;
  /** A held call has none. */
  readonly risk?: Risk['level'];
}

export const noRouting: Routing = { routes: [], teams: new Map() };

/** The first route that takes it; `undefined` when none does. */
export function routeOf({ routes, teams }: Routing, asked: Routed): SlackRoute | undefined {
  const team = teams.get(asked.connection);
  return routes.find(
    ({ when }) =>
      isOneOf(when.connections, asked.connection) &&
      isOneOf(when.environments, asked.environment) &&
      isOneOf(when.teams, team) &&
      isOneOf(when.risk, asked.risk),
  );
}

/** Whether a condition holds: what is not known meets none. */
const isOneOf = <Word extends string>(
  wanted: readonly Word[] | undefined,
  word: Word | undefined,
): boolean => wanted === undefined || (word !== undefined && wanted.includes(word));
