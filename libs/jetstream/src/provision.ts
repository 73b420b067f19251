import { readFileSync } from 'node:fs';
import { connectJetStream } from './connect-jetstream.js';
import { declareStreams } from './declare-streams.js';
import { provisionConfig, type ProvisionConfig } from './provision-config.js';

/** Declares every stream and bucket; running it again changes nothing. */
export async function provision(env: NodeJS.ProcessEnv): Promise<ProvisionConfig> {
  const config = provisionConfig(env);
  const connection = await connectJetStream({
    servers: config.NATS_URL.split(','),
    name: 'drawbridge-provision',
    ...(config.NATS_CA_FILE === undefined ? {} : { tls: { caFile: config.NATS_CA_FILE } }),
    ...(config.NATS_USER === undefined ? {} : { user: config.NATS_USER }),
    ...(config.NATS_PASSWORD_FILE === undefined
      ? {}
      : { password: passwordIn(config.NATS_PASSWORD_FILE) }),
  });
  const { STREAM_REPLICAS: replicas, COMMANDS_MAX_BYTES: commandsMaxBytes } = config;
  try {
    const size = { replicas, ...(commandsMaxBytes === undefined ? {} : { commandsMaxBytes }) };
    await declareStreams(connection, size);
  } finally {
    await connection.close();
  }
  return config;
}

const passwordIn = (file: string): string => readFileSync(file, 'utf8').replace(/[\r\n]+$/, '');
