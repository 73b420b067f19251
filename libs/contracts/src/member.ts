import { z } from 'zod';
import { Instant } from './access-terms.js';

/** What the directory of an issuer says of somebody. Kept in the KV bucket `drawbridge_members`, newest only. */
export const Member = z.strictObject({
  issuer: z.string().min(1),
  subject: z.string().min(1),
  /** The directory does not know them, or knows them as not active. */
  isGone: z.boolean(),
  groups: z.array(z.string()),
  /** When it was asked, by the clock of identity. */
  readAt: Instant,
});
export type Member = z.infer<typeof Member>;
