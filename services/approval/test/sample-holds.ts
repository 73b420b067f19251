import type { HoldEvent, HoldEventData, Principal } from '@drawbridge/contracts';
import { callDigest, holdIdOf } from '@drawbridge/holds';
import type { RecordedEvent } from '@drawbridge/kernel';
import { sampleHeldCall } from '@drawbridge/testing';
import { agent, at } from './sample-events.js';

export type Held = HoldEventData<'CommandHeld'>;

export const minute = (minutes: number): string =>
  new Date(Date.parse(at) + minutes * 60_000).toISOString();

const call: Held['call'] = {
  ...sampleHeldCall,
  grantId: '018f0000-0000-7000-8000-00000000aaaa',
  agent: { issuer: agent.issuer, subject: agent.subject },
};

/** A hold that is what its id and digest say. */
export function heldCall(
  changed: Partial<Held> = {},
  changedCall: Partial<Held['call']> = {},
): Held {
  const digested = { ...call, ...changedCall };
  return {
    commandId: '018f0000-0000-7000-8000-00000000c001',
    call: digested,
    digest: callDigest(digested),
    generation: 0,
    agent,
    accessRequestId: '018f0000-0000-7000-8000-000000000001',
    purpose: { reason: 'readiness probe failing', ticket: 'INC-4211' },
    environment: 'production',
    reason: 'deleting a namespace deletes everything in it',
    suggestion: 'delete what you made, by name',
    effect: {
      diff: ['-kind: Namespace', '-  name: payments'],
      touches: ['14 pods', 'the disruption budget of checkout allows 0'],
      warnings: ['finalizers are set'],
      soFar: ['3 calls, 1 of them changed something'],
    },
    approvers: { groups: ['sre-oncall'] },
    decideBy: minute(15),
    approvalSeconds: 300,
    grantEndsAt: minute(60),
    ...changed,
  };
}

export const idOf = ({ call: { grantId }, digest, generation }: Held): string =>
  holdIdOf({ grantId, digest, generation });

export const commandHeld = (data: Held): HoldEvent => ({ type: 'CommandHeld', data });
export const holdEndorsed = ({ digest }: Held, approver: Principal): HoldEvent => ({
  type: 'HoldEndorsed',
  data: { approver, via: 'slack', digest },
});
export const holdApproved = ({ digest }: Held, approver: Principal): HoldEvent => ({
  type: 'HoldApproved',
  data: { approver, via: 'slack', digest, validUntil: minute(6) },
});
export const holdDenied = (approver: Principal, reason?: string): HoldEvent => ({
  type: 'HoldDenied',
  data: {
    approver,
    via: 'http',
    ...(reason === undefined ? {} : { reason }),
    standsUntil: minute(11),
  },
});
export const commandReleased = ({ digest, commandId }: Held): HoldEvent => ({
  type: 'CommandReleased',
  data: { commandId, digest },
});

/** Events of one hold as they stand in the stream, a minute apart, from sequence 1. */
export const recordedHold = (
  aggregateId: string,
  events: readonly HoldEvent[],
): RecordedEvent<HoldEvent>[] =>
  events.map((event, index) => ({
    id: `018f0000-0000-7000-8000-00000000e${String(index).padStart(3, '0')}`,
    causationId: 'cause',
    actor: { kind: 'service', id: 'test' },
    at: minute(index),
    event,
    aggregateId,
    sequence: index + 1,
  }));
