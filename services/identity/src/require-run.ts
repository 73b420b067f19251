import type { AccessRequestInput } from '@drawbridge/contracts';
import type { VerifiedToken } from '@drawbridge/token';
import { IngressRefused } from './ingress-refused.js';

/**
 * Refuses to ask in the name of another run of the agent, where its issuer tells which run a token is for. Where it
 * does not, the name of a run is only what an agent calls it.
 *
 * @throws `run_not_yours`
 */
export function requireRun(
  { runId }: Pick<AccessRequestInput, 'runId'>,
  { principal, mapsRun }: Pick<VerifiedToken, 'principal' | 'mapsRun'>,
): void {
  if (runId === undefined || mapsRun === undefined || principal.run === runId) return;
  const whose = principal.run === undefined ? 'no run' : 'another run';
  throw new IngressRefused('run_not_yours', `your token is of ${whose}, not of run ${runId}`);
}
