import { z } from 'zod';
import { document, label } from './document.js';
import { scheduleOfGroup } from './schedule-document.js';

/** A human with the company identity and the Slack account that belong together. Read by policy and approval. */
export const HumanDocument = document(
  'Human',
  label,
  z.strictObject({
    issuer: z.url(),
    subject: z.string().min(1),
    email: z.email(),
    groups: z
      .array(
        z
          .string()
          .min(1)
          .refine((group) => scheduleOfGroup(group) === undefined, {
            message: 'is reserved: who is on call stands in a Schedule document',
          }),
      )
      .default([]),
    slack: z.strictObject({ team: z.string().min(1), user: z.string().min(1) }).optional(),
  }),
);
export type HumanDocument = z.infer<typeof HumanDocument>;
