import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { clockConfig, commonConfig, port } from '@drawbridge/runtime';

const count = (defaultCount: number, max = 1_000_000) =>
  z
    .string()
    .regex(/^\d{1,7}$/, 'expected a whole number')
    .transform(Number)
    .pipe(z.int().min(1).max(max))
    .default(defaultCount);

/** Environment of the proxy. */
export const ProxyConfig = z.object({
  ...commonConfig,
  ...clockConfig,
  CONFIG_DIR: z.string().min(1).describe('Directory with the Connection and Guardrail documents'),
  HTTPS_HOST: z.string().min(1).default('127.0.0.1').describe('Address of the gateway itself'),
  HTTPS_PORT: port(8443).describe('0 takes any free port'),
  TLS_CERT_FILE: z.string().min(1).describe('PEM certificate chain; read again when it changes'),
  TLS_KEY_FILE: z.string().min(1).describe('PEM key of TLS_CERT_FILE'),
  CLIENT_CA_CERT_FILE: z
    .string()
    .min(1)
    .optional()
    .describe(
      "PEM certificate of the authority that issues client certificates for grants that are bound to an agent's key; the gateway's own, and the same for all replicas. Default: none are issued, and such grants cannot be used",
    ),
  CLIENT_CA_KEY_FILE: z
    .string()
    .min(1)
    .optional()
    .describe('PEM key of CLIENT_CA_CERT_FILE, of curve P-256'),
  MASK_KEYS_FILE: z
    .string()
    .min(1)
    .describe(
      'Keys of the placeholders in place of masked values: one of 32 bytes or more per line, in base64, the current one first; read again when it changes',
    ),
  OWN_CALL_KEYS_FILE: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Keys by which audit tells calls that gateways make for themselves from those of a stolen credential: one of 32 bytes or more per line, in base64, the current one first; needed for clusterAudit of a Connection',
    ),
  PUBLIC_URL: z
    .url({ protocol: /^https$/ })
    .describe('Where agents reach the gateway; other host names are refused'),
  HOSTS: z
    .string()
    .regex(/^[\w.:[\]-]+(,[\w.:[\]-]+)*$/, 'expected host names separated by commas')
    .optional()
    .describe('Further host names under which the gateway is reached, without port'),
  KUBECONFIG_FILE: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Identity by which Secrets named in Connection documents are read. Default: the service account of the pod',
    ),
  WORKERS: z
    .union([z.literal('auto'), z.string().regex(/^[1-9]\d?$/, 'expected auto or a number')])
    .default('1')
    .transform((text) => (text === 'auto' ? availableParallelism() : Number(text)))
    .pipe(z.int().max(64))
    .describe('Threads that serve the gateway port; auto: as many as there are cores'),
  MAX_CONNECTIONS: count(4_096),
  MAX_CONNECTIONS_PER_ADDRESS: count(1_024).describe('Behind a load balancer: all of it'),
  INSTANCE: z
    .string()
    .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'expected a DNS label')
    .optional()
    .describe(
      'Marks what this installation makes in clusters; the same for all its replicas and for no other installation. Default: derived from the event stream',
    ),
  AGENT_MAX_CALLS: count(64).describe('Calls of one agent at the same time'),
  AGENT_MAX_STREAMS: count(64).describe('Watches and log streams of one agent at the same time'),
  AGENT_CALLS_PER_SECOND: count(50),
  AGENT_BURST: count(300).describe('Calls of one agent at once, before the rate counts'),
  HOLD_WAIT_SECONDS: z
    .string()
    .regex(/^\d{1,3}$/, 'expected a whole number')
    .transform(Number)
    .pipe(z.int().max(600))
    .default(50)
    .describe(
      'How long a held call keeps its connection open for a human, before its client is told to come again; below what load balancers wait. 0: not at all',
    ),
  HOLD_DECIDE_SECONDS: count(900, 86_400).describe(
    'How long humans have to decide about a held call',
  ),
  HOLD_APPROVAL_SECONDS: count(300, 3_600).describe(
    'How long after its approval a held call may be made again',
  ),
  HOLD_OPEN_PER_AGENT: count(5, 1_000).describe(
    'Held calls of one agent that wait at the same time',
  ),
  HOLD_PER_AGENT_AND_HOUR: count(30, 10_000).describe('Held calls of one agent in any hour'),
  BODY_STORE_URL: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Where bodies of calls go that are too long for a record, in pieces: `file:///path` or `s3://bucket/prefix?endpoint=…&region=…&pathStyle=true`, the same as for audit. Default: nowhere; only the beginning of them is kept',
    ),
  BUS_LOST_CUT_SECONDS: count(10, 3_600).describe(
    'Streams are cut when grants could not be followed for this long: a revocation may be missed',
  ),
});
export type ProxyConfig = z.infer<typeof ProxyConfig>;

/** Names that a `Host` header may have, in lower case and without port. */
export function hostsOf({ PUBLIC_URL, HOSTS }: ProxyConfig): ReadonlySet<string> {
  const further = HOSTS === undefined ? [] : HOSTS.split(',');
  return new Set([new URL(PUBLIC_URL).hostname, ...further].map((host) => host.toLowerCase()));
}
