/** A place that a request takes among the open ones of its requester, from a moment before it is recorded. */
export interface Reservation {
  readonly id: string;
  /** Digest of what is asked, and where. */
  readonly scope: string;
  /** When it was taken: milliseconds since 1970. */
  readonly at: number;
}

/** A place taken by a process that died before it could record the request is free again after this time. */
const ABANDONED_MS = 60_000;

/** Where the request of a reservation stands. */
export type Standing = 'open' | 'ended' | 'absent';

/** Whether a reservation still takes a place. */
export const holdsPlace = ({ at }: Reservation, standing: Standing, nowMs: number): boolean =>
  standing === 'open' || (standing === 'absent' && nowMs - at < ABANDONED_MS);

/** How many requests these are: one whose idempotency key came with two different bodies stands there twice. */
export const countOf = (reservations: readonly Reservation[]): number =>
  new Set(reservations.map(({ id }) => id)).size;
