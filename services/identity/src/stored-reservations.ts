import { z } from 'zod';
import type { Reservation } from './domain/reservation.js';

const StoredReservations = z.array(
  z.strictObject({ id: z.uuid(), scope: z.string(), at: z.number() }),
);

/** A list as it stands in the bucket. What cannot be read is no list: the views tell what is open all the same. */
export const readReservations = (stored: unknown): readonly Reservation[] =>
  StoredReservations.safeParse(stored).data ?? [];
