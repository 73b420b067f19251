import { z } from 'zod';

const count = z.int().min(1).max(100);

/** How long a grant may go unused. Not less: a gateway notes what is used only every few seconds. */
export const IdleSeconds = z.int().min(30).max(86_400);

/**
 * What a grant gives less of than time: how many calls, how many of them may change something, and how long it may
 * go without one.
 */
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
    idleSeconds: IdleSeconds.optional().describe(
      'The grant ends when no call was made or open for so long',
    ),
  })
  .refine((limits) => isCounted(limits) || limits.idleSeconds !== undefined, {
    message: 'expected "maxCalls", "maxChanges" or "idleSeconds"',
  })
  .refine((limits) => limits.endWhenUsedUp === undefined || isCounted(limits), {
    message: '"endWhenUsedUp" goes with "maxCalls" or "maxChanges"',
  })
  .meta({
    anyOf: [
      { required: ['maxCalls'] },
      { required: ['maxChanges'] },
      { required: ['idleSeconds'], not: { required: ['endWhenUsedUp'] } },
    ],
  });
export type GrantLimits = z.infer<typeof GrantLimits>;

/** Whether calls have to be counted to know when the limits are reached. */
export function isCounted({
  maxCalls,
  maxChanges,
}: {
  readonly maxCalls?: number | undefined;
  readonly maxChanges?: number | undefined;
}): boolean {
  return maxCalls !== undefined || maxChanges !== undefined;
}
