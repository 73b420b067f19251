import { readFileSync } from 'node:fs';
import { connectJetStream } from './connect-jetstream.js';
import { declareStreams } from './declare-streams.js';
import { codeOf } from '@drawbridge/kernel';
import { provisionConfig } from './provision-config.js';

/** `drawbridge-provision`: declares all streams once and ends. Exit code 78 for bad settings, 1 for a refusal. */
async function provision(): Promise<void> {
  const config = provisionConfig(process.env);
  const password =
    config.NATS_PASSWORD_FILE === undefined
      ? undefined
      : readFileSync(config.NATS_PASSWORD_FILE, 'utf8').trim();
  const connection = await connectJetStream({
    servers: config.NATS_URL,
    name: 'drawbridge-provision',
    ...(config.NATS_USER === undefined ? {} : { user: config.NATS_USER }),
    ...(password === undefined ? {} : { password }),
  });
  try {
    await declareStreams(connection, {
      replicas: config.STREAM_REPLICAS,
      ...(config.COMMANDS_MAX_BYTES === undefined
        ? {}
        : { commandsMaxBytes: config.COMMANDS_MAX_BYTES }),
    });
    console.log(JSON.stringify({ msg: 'streams declared', replicas: config.STREAM_REPLICAS }));
  } finally {
    await connection.close();
  }
}

provision().catch((error: unknown) => {
  const code = codeOf(error) ?? 'provision_failed';
  const message = error instanceof Error ? error.message : String(error);
  console.error(JSON.stringify({ msg: message, code }));
  process.exitCode = code === 'config_invalid' ? 78 : 1;
});
