import { commonConfig, outboundAddress } from '@drawbridge/runtime';
import { z } from 'zod';
import { Identifier } from './clickhouse/identifier.js';

function isOutbound(address: string): boolean {
  try {
    outboundAddress(address, true);
    return true;
  } catch {
    return false;
  }
}

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
  CLICKHOUSE_CLUSTER: Identifier.optional().describe(
    'Name of the cluster, as its servers call it, that has the tables; without it one server has them',
  ),
  CLICKHOUSE_RETENTION_DAYS: z
    .string()
    .regex(/^[1-9][0-9]{0,4}$/, 'expected a number of days, at least 1')
    .transform(Number)
    .default(400)
    .describe('Older rows are deleted; a shorter time deletes at the next start'),
  BODY_STORE_URL: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Where the gateways put bodies that are too long for a record; the same as theirs, and for no other installation: what is as old as rows may be is deleted there. Default: none',
    ),
  CONFIG_DIR: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Directory with the Sink documents, and the Connection documents, of which audit uses clusterAudit; absent: the record is given to nobody and compared with no cluster',
    ),
  AUDITOR_GROUPS: z
    .string()
    .transform((text) => text.split(',').map((group) => group.trim()))
    .pipe(z.array(z.string().min(1, 'expected group names with commas between')))
    .describe('Humans in one of these groups may read the record; nobody else may'),
  OWN_CALL_KEYS_FILE: z
    .string()
    .min(1)
    .optional()
    .describe(
      'The same keys as of the proxy, all those that are still in use; needed for clusterAudit of a Connection',
    ),
  AUDIT_SIGNING_KEY_FILE: z
    .string()
    .min(1)
    .optional()
    .describe(
      'PEM, Ed25519, which others must not read: signs checkpoints of the record; without it the record is not sealed',
    ),
  AUDIT_PREVIOUS_KEY_FILES: z
    .string()
    .transform((text) => text.split(',').map((file) => file.trim()))
    .pipe(z.array(z.string().min(1, 'expected file names with commas between')))
    .optional()
    .describe('Keys of before, for the one start at which the new key is named by the old one'),
  AUDIT_LOG_NAME: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$/, 'expected a name such as audit.example.com/prod')
    .default('drawbridge')
    .describe('Begins the origin of every checkpoint; another name begins another log'),
  AUDIT_SEAL_SECONDS: z
    .string()
    .regex(/^[1-9][0-9]{0,3}$/, 'expected seconds, at least 1')
    .transform(Number)
    .default(10)
    .describe('How often new messages are sealed'),
  AUDIT_TIMESTAMP_URL: z
    .string()
    .refine(isOutbound, 'expected an https address, or http of a loopback address')
    .optional()
    .describe(
      'Of a time stamper, RFC 3161, that gets the hash of the newest checkpoint of each stream; without it none has a timestamp',
    ),
  AUDIT_TIMESTAMP_CA_FILE: z
    .string()
    .min(1)
    .optional()
    .describe('PEM; who vouches for the time stamper. Needed with AUDIT_TIMESTAMP_URL'),
  AUDIT_TIMESTAMP_SECONDS: z
    .string()
    .regex(/^[1-9][0-9]{0,5}$/, 'expected seconds, at least 1')
    .transform(Number)
    .default(3600)
    .describe(
      'How often a stream with a new checkpoint gets a timestamp, which is kept: about 5 KB',
    ),
});
export type AuditConfig = z.infer<typeof AuditConfig>;
