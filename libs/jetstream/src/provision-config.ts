import { z } from 'zod';
import { AppError } from '@drawbridge/kernel';

const natsAddress = /^(nats|tls|wss?):\/\/\S+$/;

const ProvisionConfig = z.object({
  NATS_URL: z
    .string()
    .regex(natsAddress, 'expected nats://host:port')
    .default('nats://127.0.0.1:4222'),
  NATS_USER: z.string().min(1).optional(),
  NATS_PASSWORD_FILE: z.string().min(1).optional(),
  NATS_CA_FILE: z.string().min(1).optional(),
  STREAM_REPLICAS: z.coerce
    .number()
    .pipe(z.union([z.literal(1), z.literal(3), z.literal(5)]))
    .default(1)
    .describe('Copies of every stream: 1 on a single server, 3 or 5 in a cluster'),
  COMMANDS_MAX_BYTES: z.coerce
    .number()
    .pipe(z.int().positive())
    .optional()
    .describe('Size at which COMMANDS refuses new records, and so the proxy refuses calls'),
});
export type ProvisionConfig = z.infer<typeof ProvisionConfig>;

/** @throws AppError `config_invalid` naming every bad variable */
export function provisionConfig(env: NodeJS.ProcessEnv): ProvisionConfig {
  const parsed = ProvisionConfig.safeParse(env);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new AppError('config_invalid', `bad settings: ${problems.join('; ')}`);
}
