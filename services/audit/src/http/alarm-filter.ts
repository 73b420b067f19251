import { z } from 'zod';

const instant = z.iso
  .datetime({ offset: true, error: 'expected an RFC 3339 time such as 2026-01-05T09:00:00Z' })
  .transform((text) => new Date(text).toISOString());
const limit = z
  .string()
  .regex(/^[0-9]{1,6}$/, 'expected a whole number from 1 to 1000')
  .transform(Number)
  .pipe(z.int().min(1, 'expected at least 1').max(1000, 'expected at most 1000'))
  .default(100);
const name = z.string().min(1).max(256);

/** Query of `GET /v1/audit/alarms`. */
export const AlarmQuery = z.strictObject({
  since: instant.optional(),
  until: instant.optional(),
  connection: z
    .string()
    .max(2000)
    .transform((text) => text.split(','))
    .pipe(z.array(name).max(20, 'expected at most 20, with commas between'))
    .optional(),
  state: z.enum(['open', 'reviewed', 'all'], 'expected open, reviewed or all').default('open'),
  limit,
});
export type AlarmQuery = z.infer<typeof AlarmQuery>;

/** Query of `GET /v1/audit/unseen`. */
export const UnseenQuery = z.strictObject({
  connection: name,
  /** @default a day before `until` */
  since: instant.optional(),
  /** @default now */
  until: instant.optional(),
  limit,
});
export type UnseenQuery = z.infer<typeof UnseenQuery>;

/** Path of `POST /v1/audit/alarms/:id/review`. */
export const AlarmPath = z.strictObject({
  id: z.string().regex(/^[su]_[0-9a-f]{32}$/, 'expected the id of an alarm'),
});
