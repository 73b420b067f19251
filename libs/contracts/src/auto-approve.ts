import { z } from 'zod';
import { label } from './document.js';
import { TimeWindow } from './guardrail.js';

/** When nobody has to be asked; each condition that is there must hold. What is not known does not hold. */
const AutoApproveConditions = z
  .strictObject({
    environments: z.array(z.string().min(1)).min(1).max(50).optional(),
    maxDurationSeconds: z.int().min(30).max(86_400).optional(),
    risk: z
      .strictObject({ atMost: z.int().min(0).max(100) })
      .optional()
      .describe('Highest risk score'),
    times: z.array(TimeWindow).min(1).max(20).optional().describe('One of them is now'),
    onCall: z
      .strictObject({
        schedule: label,
        is: z.enum(['owner', 'requester']).describe('Whose turn it must be'),
      })
      .optional(),
    ticket: z
      .strictObject({
        webhook: label.describe('Webhook with `ticketState`'),
        states: z.array(z.string().min(1).max(100)).min(1).max(20),
      })
      .optional()
      .describe('The ticket of the request is in one of these states'),
    perHour: z
      .int()
      .min(1)
      .max(100)
      .optional()
      .describe('So many in 60 minutes for each requester, whatever becomes of them'),
  })
  .refine((when) => Object.values(when).some((value) => value !== undefined), {
    message: 'asks nobody at any time: expected at least one condition',
  });

/** A narrow thing that needs no human while some conditions hold. */
export const AutoApproveRule = z.strictObject({
  name: label,
  actions: z.array(label).min(1).max(50).describe('Of the actions of the policy'),
  when: AutoApproveConditions,
});
export type AutoApproveRule = z.infer<typeof AutoApproveRule>;
