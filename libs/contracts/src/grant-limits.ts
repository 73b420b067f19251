import { z } from 'zod';

const count = z.int().min(1).max(100);

/** What a grant gives less of than time: how many calls, and how many of them may change something. */
export const GrantLimits = z
  .strictObject({
    maxCalls: count.optional().describe('Calls on resources, reads too; discovery is free'),
    maxChanges: count
      .optional()
      .describe('Calls that are not get, list or watch, and channels into pods'),
    endWhenUsedUp: z
      .literal(true)
      .optional()
      .describe('The grant ends behind its last change, not only its last call'),
  })
  .refine(({ maxCalls, maxChanges }) => maxCalls !== undefined || maxChanges !== undefined, {
    message: 'expected "maxCalls" or "maxChanges"',
  })
  .meta({ anyOf: [{ required: ['maxCalls'] }, { required: ['maxChanges'] }] });
export type GrantLimits = z.infer<typeof GrantLimits>;
