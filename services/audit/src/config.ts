import { commonConfig } from '@drawbridge/runtime';
import { z } from 'zod';
import { Identifier } from './clickhouse/identifier.js';

/** What audit reads from the environment. */
export const AuditConfig = z.object({
  ...commonConfig,
  CLICKHOUSE_URL: z
    .url({ protocol: /^https?$/ })
    .refine((url) => !URL.canParse(url) || new URL(url).username === '', {
      message: 'expected no user or password: use CLICKHOUSE_USER and CLICKHOUSE_PASSWORD_FILE',
    })
    .default('http://127.0.0.1:8123'),
  CLICKHOUSE_USER: z.string().min(1).default('default'),
  CLICKHOUSE_PASSWORD_FILE: z.string().min(1).optional(),
  CLICKHOUSE_CA_FILE: z
    .string()
    .min(1)
    .optional()
    .describe('PEM; for a server whose certificate the system roots do not know'),
  CLICKHOUSE_DATABASE: Identifier.default(Identifier.parse('drawbridge')).describe(
    'Made at the first start; audit is the only service that writes to it',
  ),
  CLICKHOUSE_RETENTION_DAYS: z
    .string()
    .regex(/^[1-9][0-9]{0,4}$/, 'expected a number of days, at least 1')
    .transform(Number)
    .default(400)
    .describe('Older rows are deleted; a shorter time deletes at the next start'),
  AUDITOR_GROUPS: z
    .string()
    .transform((text) => text.split(',').map((group) => group.trim()))
    .pipe(z.array(z.string().min(1, 'expected group names with commas between')))
    .describe('Humans in one of these groups may read the record; nobody else may'),
});
export type AuditConfig = z.infer<typeof AuditConfig>;
