import type { HoldEvent, HoldEventType } from '@drawbridge/contracts';
import { type EndedHold, type Hold, type HoldOutcome } from './hold-state.js';

/** How an event ends a hold; every type is listed, so that a new one must be judged. */
const outcomeOf: Readonly<Record<HoldEventType, HoldOutcome | undefined>> = {
  CommandHeld: undefined,
  HoldEndorsed: undefined,
  HoldApproved: undefined,
  HoldDenied: 'denied',
  HoldLapsed: 'lapsed',
  HoldCancelled: 'cancelled',
  CommandReleased: 'released',
  HoldExpired: 'expired',
};

/** Folds one event. What comes before the call was held, or after the end, changes nothing. */
export function evolveHold(hold: Hold, event: HoldEvent): Hold {
  if (hold.status === 'ended') return hold;
  if (event.type === 'CommandHeld') {
    return hold.status === 'absent' ? { status: 'open', held: event.data } : hold;
  }
  if (hold.status === 'absent') return hold;
  if (event.type === 'HoldEndorsed') {
    if (hold.status !== 'open') return hold;
    return { ...hold, endorsements: [...(hold.endorsements ?? []), event.data] };
  }
  if (event.type === 'HoldApproved') {
    if (hold.status !== 'open') return hold;
    return { ...hold, status: 'approved', approval: event.data };
  }
  return end(hold, event);
}

function end(hold: Exclude<Hold, EndedHold | { status: 'absent' }>, event: HoldEvent): Hold {
  const outcome = outcomeOf[event.type];
  if (outcome === undefined) return hold;
  // A release without an approval cannot be; were it there, the hold would be used up nevertheless.
  return {
    status: 'ended',
    outcome,
    held: hold.held,
    ...(hold.endorsements === undefined ? {} : { endorsements: hold.endorsements }),
    ...(hold.status === 'approved' ? { approval: hold.approval } : {}),
    ...(event.type === 'HoldDenied' ? { denial: event.data } : {}),
    ...(event.type === 'CommandReleased' ? { releasedCommandId: event.data.commandId } : {}),
  };
}
