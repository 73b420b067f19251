import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { StateDirectory } from './state-directory.js';

/** A new key that audit signs checkpoints with: Ed25519, PKCS#8 PEM. */
export const newCheckpointKey = (): string =>
  generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();

/** Path of the key of this laptop, which is made once: the log that it signs is kept too. */
export function checkpointKeyFile(state: StateDirectory): string {
  const name = 'secrets/checkpoint-key.pem';
  const file = join(state.path, name);
  return existsSync(file) ? file : state.write(name, newCheckpointKey());
}
