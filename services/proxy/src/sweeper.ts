import type { Clock } from '@drawbridge/kernel';
import type { OpenGrants } from './domain/open-grants.js';
import type { LiveCalls } from './streams/live-calls.js';

/** A cut may come this much after its deadline. */
const SWEEP_MS = 200;

export interface SweeperOptions {
  readonly grants: OpenGrants;
  readonly live: LiveCalls;
  /** What is kept for grants beside their calls. */
  readonly connections: { grantEnded(grantId: string): void };
  /** Whether grants can be followed at this moment. */
  readonly isCurrent: () => boolean;
  readonly busLostCutMs: number;
  readonly clock: Clock;
}

/**
 * Looks at every deadline five times a second: grants and live calls that are over end, and when grants could
 * not be followed for too long every stream ends, since a revocation may have been missed.
 *
 * @returns the function that stops it
 */
export function startSweeper(options: SweeperOptions): () => void {
  const { grants, live, connections, clock } = options;
  let currentAtMs = performance.now();
  const timer = setInterval(() => {
    const now = clock();
    live.sweep(now);
    for (const { grant, reason } of grants.sweep(now)) {
      live.cutGrant(grant.grantId, reason);
      connections.grantEnded(grant.grantId);
    }
    if (options.isCurrent()) currentAtMs = performance.now();
    if (performance.now() - currentAtMs > options.busLostCutMs) live.cutAll('bus_lost');
  }, SWEEP_MS);
  timer.unref();
  return () => clearInterval(timer);
}
