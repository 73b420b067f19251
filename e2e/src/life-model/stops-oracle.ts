import type { StopEvent } from '@drawbridge/contracts';

/** A stop, and when by the true time. */
export interface StopThen {
  readonly event: StopEvent;
  /** When whoever stopped it said so: what was issued while that was being stored can look younger. */
  readonly acceptedMs: number;
}

interface Grant {
  readonly subject: string;
  readonly connection: string;
  readonly nowMs: number;
}

/**
 * Two clocks may be this far apart, one ahead of the true time and one behind it. Stops and grants are compared by
 * the clocks of their writers, with two seconds in favour of a stop that is not kept: a grant of the last seconds
 * before a stop that is over within seconds may stay open.
 */
const APART_MS = 4_000;
const TOLERATED_MS = 2_000;

/** Whether what was heard of stops forbids a grant. Goes by the true time, which nobody in the product can see. */
export const isStopped = (grant: Grant, heard: readonly StopThen[]): boolean =>
  ['all', 'connection', 'agent', 'disabled'].some((kind) =>
    isUnder(
      grant,
      heard.filter(({ event }) => concerns(event, kind, grant)),
    ),
  );

function isUnder(grant: Grant, heard: readonly StopThen[]): boolean {
  let inForce = false;
  const isOlder = (thanMs: number) => grant.nowMs + APART_MS < thanMs;
  for (const { event, acceptedMs } of heard) {
    if (event.type === 'BridgesReleased' || event.type === 'AgentEnabled') {
      if (inForce && isOlder(acceptedMs)) return true;
      inForce = false;
    } else if (event.type === 'AgentDisabled' || event.data.keep) inForce = true;
    else if (isOlder(acceptedMs + TOLERATED_MS)) return true;
  }
  return inForce;
}

function concerns({ type, data }: StopEvent, kind: string, grant: Grant): boolean {
  if (type === 'AgentDisabled' || type === 'AgentEnabled')
    return kind === 'disabled' && data.subject === grant.subject;
  // The reason of a release names what it releases: its event alone does not.
  const target = type === 'BridgesRaised' ? targetName(data.target) : data.reason;
  const meant = { all: 'all', connection: grant.connection, agent: grant.subject }[kind];
  return kind !== 'disabled' && target === meant;
}

/** As the model writes it into each release. */
export function targetName(
  target: Extract<StopEvent, { type: 'BridgesRaised' }>['data']['target'],
): string {
  if (target === 'all') return target;
  return 'connection' in target ? target.connection : target.agent.subject;
}
