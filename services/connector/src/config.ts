import { z } from 'zod';
import { ConnectionName } from '@drawbridge/contracts';
import { port } from '@drawbridge/runtime';

const file = z.string().min(1);

/** Environment of the connector. It has no NATS, no documents and no cluster credential. */
export const ConnectorConfig = z.object({
  GATEWAY_URL: z
    .url({ protocol: /^https$/ })
    .transform((text) => new URL(text))
    .describe('The gateway, as agents reach it; every address that its name has is used'),
  GATEWAY_CA_FILE: file
    .optional()
    .describe('PEM of the authority of the gateway; default: the system roots'),
  CONNECTION: ConnectionName.describe('The Connection document that it serves'),
  TOKEN_FILE: file.describe(
    'Its token, whose SHA-256 stands in the document; read again for every connection to the gateway',
  ),
  API_SERVER: z
    .string()
    .regex(/^([a-z0-9]([-.a-z0-9]*[a-z0-9])?|\[[0-9a-f:.]+\]):\d{1,5}$/i, 'expected host:port')
    .default('kubernetes.default.svc:443')
    .describe('The one address that it connects to'),
  NAME: z
    .string()
    .regex(
      /^[a-zA-Z0-9]([-.a-zA-Z0-9]{0,61}[a-zA-Z0-9])?$/,
      'expected letters, digits, dots and dashes',
    )
    .optional()
    .describe('Tells connectors apart in logs. Default: the name of the host'),
  MAX_STREAMS: z
    .string()
    .regex(/^\d{1,5}$/, 'expected a whole number')
    .transform(Number)
    .pipe(z.int().min(1).max(20_000))
    .default(2_000)
    .describe('Connections to the API server at the same time, for each gateway'),
  HTTP_PORT: port(8080).describe(
    'Of the health endpoints, on 127.0.0.1 only; 0 takes any free port',
  ),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('info'),
});
export type ConnectorConfig = z.infer<typeof ConnectorConfig>;
