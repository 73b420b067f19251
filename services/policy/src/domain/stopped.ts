import type { AccessEvent, Principal } from '@drawbridge/contracts';
import { isDisabling, type Stop, type StopsNow } from '@drawbridge/stops';
import type { Denial } from './denial.js';

/** What a stop is asked about. */
export interface Stoppable {
  readonly agent: Principal;
  readonly connection: string;
  /** When the grant was issued, or would be. */
  readonly issuedAt: string;
}

/** The stop that ends such a grant, if there is one. */
export function stopOver(
  stops: StopsNow,
  { agent: { issuer, subject }, connection, issuedAt }: Stoppable,
): Stop | undefined {
  return stops.over({ issuer, subject, connection, issuedAtMs: Date.parse(issuedAt) });
}

/** Why nothing is granted. Who stopped it, and why, is for people; the agent is told only that it is so. */
export function stoppedDenial(stop: Stop): Denial {
  if (isDisabling(stop)) {
    return {
      code: 'agent_disabled',
      message: 'this agent was disabled',
      suggestion: 'Ask the people who run Drawbridge.',
    };
  }
  return {
    code: 'bridges_raised',
    message: 'the bridges are raised: nothing is granted here at the moment',
    suggestion: 'Ask again when they are released.',
  };
}

/** How a grant ends when its agent is disabled, by configuration or by an order that is not known here yet. */
export const revokedAsDisabled = (grantId: string): AccessEvent => ({
  type: 'GrantRevoked',
  data: { grantId, reason: 'the agent was disabled', cause: 'disabled' },
});

/** How a grant that is open ends by a stop. */
export function revokedByStop(grantId: string, stop: Stop): AccessEvent {
  const { by, reason } = stop.last ?? { reason: '' };
  const words = isDisabling(stop) ? 'the agent was disabled' : 'the bridges were raised';
  return {
    type: 'GrantRevoked',
    data: {
      grantId,
      ...(by === undefined ? {} : { by }),
      reason: reason === '' ? words : `${words}: ${reason}`,
      cause: isDisabling(stop) ? 'disabled' : 'stop',
    },
  };
}
