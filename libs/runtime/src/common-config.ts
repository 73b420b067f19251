import { z } from 'zod';
import { readSecretFile } from './load-config.js';

const text = z.string().min(1);

/** Variables that every service has; spread into its `z.object({...})`. */
export const commonConfig = {
  NATS_URL: z
    .string()
    .regex(/^(nats|tls|wss?):\/\/\S+$/, 'expected nats://host:port')
    .default('nats://127.0.0.1:4222')
    .describe('One server, or several separated by commas'),
  NATS_USER: text.optional(),
  NATS_PASSWORD_FILE: text.optional().describe('File that holds the password of NATS_USER'),
  NATS_CA_FILE: text
    .optional()
    .describe('PEM; for a NATS server with a certificate of a private CA'),
  HTTP_HOST: text.default('127.0.0.1').describe('Address to listen on; 0.0.0.0 is every interface'),
  HTTP_PORT: port(8080).describe('0 takes any free port'),
  PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Where others reach this service; default: the address it listens on'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('info'),
};

/** Of a service that goes by the time of day; spread like {@link commonConfig}. */
export const clockConfig = {
  MAX_CLOCK_SKEW_MS: z
    .string()
    .regex(/^\d{2,14}$/, 'expected milliseconds')
    .transform(Number)
    .default(2_000)
    .describe(
      'By how much the clock may differ from the one of the NATS server; with more the service is not ready and decides nothing',
    ),
};

/** A TCP port variable. */
export function port(defaultPort: number) {
  return z
    .string()
    .regex(/^\d{1,5}$/, 'expected a port number')
    .transform(Number)
    .pipe(z.int().max(65_535, 'expected a port number up to 65535'))
    .default(defaultPort);
}

export interface NatsConfig {
  readonly NATS_URL: string;
  readonly NATS_USER?: string | undefined;
  readonly NATS_PASSWORD_FILE?: string | undefined;
  readonly NATS_CA_FILE?: string | undefined;
}

/** The part of `connectJetStream`'s options that comes from the environment. */
export function natsOptions(config: NatsConfig): {
  readonly servers: readonly string[];
  readonly user?: string;
  readonly password?: string;
  readonly tls?: { readonly caFile: string };
} {
  const { NATS_URL, NATS_USER, NATS_PASSWORD_FILE, NATS_CA_FILE } = config;
  return {
    servers: NATS_URL.split(',').map((server) => server.trim()),
    ...(NATS_CA_FILE === undefined ? {} : { tls: { caFile: NATS_CA_FILE } }),
    ...(NATS_USER === undefined ? {} : { user: NATS_USER }),
    ...(NATS_PASSWORD_FILE === undefined
      ? {}
      : { password: readSecretFile('NATS_PASSWORD_FILE', NATS_PASSWORD_FILE) }),
  };
}
