import { z } from 'zod';

/** A secret that only its owner knows how to find. */
const OwnPattern = z.strictObject({
  kind: z
    .string()
    .regex(/^[a-z0-9-]{1,32}$/, 'expected small letters, digits and dashes')
    .describe('Stands in the placeholder'),
  pattern: z
    .string()
    .min(1)
    .max(500)
    .describe(
      'RE2, matched within a line; with a group, only what the first one matches is masked',
    ),
  literal: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe('Stands in every match, letter for letter: lines without it are not looked at'),
});

/** What is masked in the answers of a connection beside what is masked in all. */
export const AnswerMasking = z.strictObject({
  email: z.boolean().default(false).describe('E-mail addresses too'),
  patterns: z.array(OwnPattern).max(50).default([]),
  helmReleases: z
    .enum(['masked', 'shown'])
    .optional()
    .describe(
      'shown: who may read Secrets sees Helm releases as they are, with every value of their charts. Default: masked',
    ),
});
export type AnswerMasking = z.infer<typeof AnswerMasking>;

/** Whether ports of pods may be forwarded. */
export const PortForwarding = z.enum(['allow', 'refuse']);
export type PortForwarding = z.infer<typeof PortForwarding>;
