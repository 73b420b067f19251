import { z } from 'zod';
import { document, label } from './document.js';

/** A human with the company identity and the Slack account that belong together. Read by approval. */
export const HumanDocument = document(
  'Human',
  label,
  z.strictObject({
    issuer: z.url(),
    subject: z.string().min(1),
    email: z.email(),
    groups: z.array(z.string().min(1)).default([]),
    slack: z.strictObject({ team: z.string().min(1), user: z.string().min(1) }).optional(),
  }),
);
export type HumanDocument = z.infer<typeof HumanDocument>;
