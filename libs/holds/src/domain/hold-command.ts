import type { HoldEvent } from '@drawbridge/contracts';
import { hasKnownOwner } from '@drawbridge/scope';
import type { HoldCommandOf } from './hold.js';
import { MAX_HELD_CHARACTERS } from './hold-limits.js';
import { HoldRefused } from './hold-refused.js';
import type { CommandHeld, Hold } from './hold-state.js';

/** A call to hold, with all that humans are told of it. */
export type HoldRequest = Omit<CommandHeld, 'decideBy' | 'approvalSeconds'>;

/** What its agent has asked of humans already, as far as this proxy sees. */
export interface HoldUsage {
  readonly open: number;
  readonly lastHour: number;
}

/** Holds a call that is not held yet. Nothing is to do for one that is, or was: it joins, or is another hold. */
export function holdCommand(
  state: Hold,
  { request, usage, limits, at }: HoldCommandOf<'HoldCommand'>,
): HoldEvent | undefined {
  if (state.status !== 'absent') return undefined;
  requireDecidable(request);
  const untilGrantEndMs = Date.parse(request.grantEndsAt) - Date.parse(at);
  if (!(untilGrantEndMs > 0)) throw new HoldRefused('hold_grant_ended', 'the grant has ended');
  if (usage.open >= limits.openPerAgent || usage.lastHour >= limits.perAgentAndHour) {
    const message = `${usage.open} calls of this agent wait for a human and ${usage.lastHour} were held in the last hour; wait for these first`;
    throw new HoldRefused('hold_limit_reached', message);
  }
  const waitMs = Math.min(limits.decideSeconds * 1000, untilGrantEndMs);
  return {
    type: 'CommandHeld',
    data: {
      commandId: request.commandId,
      call: request.call,
      digest: request.digest,
      generation: request.generation,
      agent: request.agent,
      accessRequestId: request.accessRequestId,
      purpose: request.purpose,
      environment: request.environment,
      ...(request.onBehalfOf === undefined ? {} : { onBehalfOf: request.onBehalfOf }),
      reason: request.reason,
      ...(request.suggestion === undefined ? {} : { suggestion: request.suggestion }),
      effect: request.effect,
      approvers: request.approvers,
      decideBy: new Date(Date.parse(at) + waitMs).toISOString(),
      approvalSeconds: limits.approvalSeconds,
      grantEndsAt: request.grantEndsAt,
    },
  };
}

/** A hold that nobody could approve, or be shown whole, is a refusal that takes longer. */
function requireDecidable({ agent, approvers, call, effect }: HoldRequest): void {
  if (approvers.groups.length === 0 || !hasKnownOwner(agent)) {
    const why = hasKnownOwner(agent) ? 'no group of approvers is known' : 'the agent has no owner';
    throw new HoldRefused('hold_undecidable', `nobody could approve this call: ${why}`);
  }
  if (JSON.stringify({ call, effect }).length > MAX_HELD_CHARACTERS) {
    const message = 'what this call would do is too much to be shown to an approver; split it up';
    throw new HoldRefused('hold_too_large', message);
  }
}
