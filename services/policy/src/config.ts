import { clockConfig, commonConfig } from '@drawbridge/runtime';
import { z } from 'zod';

/** What policy reads from the environment. */
export const PolicyConfig = z.object({
  ...commonConfig,
  ...clockConfig,
  CONFIG_DIR: z
    .string()
    .min(1)
    .describe(
      'Directory of YAML documents; actions, connections, policies, risks, people, schedules and the ticketState of webhooks are read',
    ),
});
export type PolicyConfig = z.infer<typeof PolicyConfig>;
