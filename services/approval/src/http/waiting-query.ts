import { z } from 'zod';

/** Query of every list of what waits. */
export const WaitingQuery = z.strictObject({
  limit: z
    .string()
    .regex(/^\d{1,3}$/, 'expected a number')
    .transform(Number)
    .pipe(z.int().min(1).max(100))
    .default(50),
});
