import { z } from 'zod';
import { commonConfig } from '@drawbridge/runtime';

const positive = (defaultValue: number) =>
  z
    .string()
    .regex(/^\d{1,6}$/, 'expected a number')
    .transform(Number)
    .pipe(z.int().min(1))
    .default(defaultValue);

const names = z
  .string()
  .transform((text) => text.split(',').map((name) => name.trim()))
  .pipe(z.array(z.string().min(1, 'expected names separated by commas')));

/** Environment of the identity service. */
export const IdentityConfig = z.object({
  ...commonConfig,
  CONFIG_DIR: z.string().min(1).describe('Directory of the YAML configuration; issuers are read'),
  APPROVALS_URL: z.url({ protocol: /^https?$/ }).describe('Approval service, told to clients'),
  AUDIT_URL: z.url({ protocol: /^https?$/ }).describe('Audit service, told to clients'),
  GATEWAY_URL: z.url({ protocol: /^https$/ }).describe('Proxy, told to clients'),
  GATEWAY_CA_FILE: z
    .string()
    .min(1)
    .optional()
    .describe('PEM that the certificate of the proxy chains to; told to clients'),
  READER_GROUPS: names
    .default([])
    .describe('Humans in one of these groups may read every access request'),
  ADMIN_GROUPS: names
    .default([])
    .describe('Humans in one of these groups may disable and enable agents. Default: nobody'),
  MAX_OPEN_REQUESTS: positive(20)
    .pipe(z.int().max(1000))
    .describe('Open access requests of one agent, at most 1000'),
  REQUESTS_PER_MINUTE: positive(30).describe('Access requests that one agent may make'),
  KEY_REFRESH_COOLDOWN_SECONDS: positive(10).describe(
    'Least time between two readings of all keys because of tokens with an unknown one',
  ),
});
export type IdentityConfig = z.infer<typeof IdentityConfig>;
