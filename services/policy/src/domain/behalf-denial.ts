import type { Behalf } from '@drawbridge/contracts';
import type { Denial } from './denial.js';
import type { Policy } from './policy-set.js';

/** Why a policy takes nothing that is asked on behalf of a human, or nothing without a proof of theirs. */
export function behalfDenial(
  { name, onBehalfOf }: Pick<Policy, 'name' | 'onBehalfOf'>,
  proof: Behalf['proof'],
): Denial | undefined {
  if (onBehalfOf === undefined) {
    return {
      code: 'behalf_not_allowed',
      message: `policy "${name}" takes nothing that is asked on behalf of somebody`,
      suggestion: 'Ask for yourself.',
    };
  }
  if (proof === 'token' || onBehalfOf.proof === 'optional') return undefined;
  return {
    code: 'behalf_not_allowed',
    message: `policy "${name}" wants a token of the human on whose behalf you ask`,
    suggestion: 'Send a token of theirs in the header Drawbridge-On-Behalf-Of.',
  };
}

/**
 * The human may not have it. What a policy says to them is told only where they are known to ask: otherwise an agent
 * could find out what somebody may do.
 */
export function humanDenial({ proof }: Behalf, why: Denial | undefined): Denial {
  const message = 'the human on whose behalf you ask may not have this';
  const { suggestion } = why ?? {};
  return {
    code: 'behalf_not_allowed',
    message: proof === 'token' && why !== undefined ? `${message}: ${why.message}` : message,
    ...(proof === 'token' && suggestion !== undefined && { suggestion }),
  };
}
