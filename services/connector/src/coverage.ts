/** A session with a gateway, as far as it matters for whether another one is wanted. */
export interface CoveredSession {
  readonly gateway: string;
  /** All gateways, as this one knows them. */
  readonly peers: readonly string[];
  readonly draining: boolean;
}

export interface Coverage {
  /** Another session is wanted. */
  readonly wanted: boolean;
  /** Gateways that have all the sessions that they should have. */
  readonly served: readonly string[];
}

const AT_LEAST = 2;

/**
 * Every gateway needs a session of its own, since each asks only the connectors that are connected to itself; and
 * where there is only one, a second session lets calls go on when the first one breaks.
 */
export function coverageOf(sessions: readonly CoveredSession[]): Coverage {
  const live = sessions.filter(({ draining }) => !draining);
  const counts = new Map<string, number>();
  for (const { gateway } of live) counts.set(gateway, (counts.get(gateway) ?? 0) + 1);
  const known = new Set(live.flatMap(({ gateway, peers }) => [gateway, ...peers]));
  const each = known.size >= AT_LEAST ? 1 : AT_LEAST;
  const served = [...known].filter((gateway) => (counts.get(gateway) ?? 0) >= each);
  return { wanted: known.size === 0 || served.length < known.size, served };
}
