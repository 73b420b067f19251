import type { Clock } from '@drawbridge/kernel';

/** Nest's injection token of the {@link Clock}. */
export const APPROVAL_CLOCK = Symbol('approval clock');
export type ApprovalClock = Clock;
