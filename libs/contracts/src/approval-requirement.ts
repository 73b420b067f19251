import { z } from 'zod';
import { StepsRequirement } from './approval-steps.js';
import { Rules } from './scope.js';

/** Who must say yes before a grant is issued. */
export const ApprovalRequirement = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none') }),
  z.strictObject({
    type: z.literal('humans'),
    count: z.int().min(1).max(10),
    groups: z.array(z.string().min(1)).min(1),
    excludeOwner: z.boolean(),
    timeoutSeconds: z.int().min(30).max(604_800),
  }),
  StepsRequirement,
]);
export type ApprovalRequirement = z.infer<typeof ApprovalRequirement>;

/** What an approver takes away from the terms; whoever cannot read it must not read the approval either. */
export const Narrowing = z.strictObject({
  durationSeconds: z.int().positive().optional(),
  rules: Rules.optional(),
});
