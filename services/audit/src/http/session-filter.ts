import { z } from 'zod';

/** Path of the routes of a session: the id of an access request, or of its grant. */
export const SessionPath = z.strictObject({ id: z.uuid('expected a UUID') });

/** Query of `GET /v1/audit/sessions/{id}`: which page of its calls. */
export const SessionFilter = z.strictObject({
  limit: z
    .string()
    .regex(/^[0-9]{1,6}$/, 'expected a whole number from 1 to 1000')
    .transform(Number)
    .pipe(z.int().min(1, 'expected at least 1').max(1000, 'expected at most 1000'))
    .default(200),
  cursor: z.string().max(1000).optional(),
});
export type SessionFilter = z.infer<typeof SessionFilter>;
