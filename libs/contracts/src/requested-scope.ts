import { z } from 'zod';
import { RequestedRule } from './requested-rule.js';

/** What an agent asks for: a named action with its parameters, or rules. */
export const RequestedScope = z.union([
  z.strictObject({
    action: z.string().min(1).max(63),
    parameters: z.record(z.string().max(63), z.string().min(1).max(253)).default({}),
  }),
  z.strictObject({ rules: z.array(RequestedRule).min(1).max(50) }),
]);
export type RequestedScope = z.infer<typeof RequestedScope>;
