import type { StopEvent } from '@drawbridge/contracts';
import { MAX_SKEW_MS } from './policies.js';

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

/** Two clocks may be this far apart, one ahead of the true time and one behind it. */
const APART_MS = 2 * MAX_SKEW_MS;
/** Policy may be so late to hear of a stop, and what it issues meanwhile ends all the same. */
const HEARD_WITHIN_MS = 1_000;

/** Whether what was heard of stops forbids a grant. Goes by the true time, which nobody in the product can see. */
export const isStopped = (grant: Grant, heard: readonly StopThen[]): boolean =>
  ['all', 'connection', 'agent', 'disabled'].some((kind) =>
    isUnder(
      grant,
      heard.filter(({ event }) => concerns(event, kind, grant)),
    ),
  );

/**
 * What was granted before a stop never opens again, whatever the clocks say. What policy grants while it has not heard
 * of a stop for longer opens at a release, unless it is older by more than clocks may differ.
 */
function isUnder({ nowMs }: Grant, heard: readonly StopThen[]): boolean {
  let inForce = false;
  for (const { event, acceptedMs } of heard) {
    if (event.type === 'BridgesReleased' || event.type === 'AgentEnabled') {
      if (inForce && nowMs + APART_MS < acceptedMs) return true;
      inForce = false;
      continue;
    }
    if (nowMs < acceptedMs + HEARD_WITHIN_MS) return true;
    inForce ||=
      event.type === 'AgentDisabled' || (event.type === 'BridgesRaised' && event.data.keep);
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
