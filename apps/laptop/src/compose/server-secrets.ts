import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '@drawbridge/embedded';
import { newCheckpointKey } from '../checkpoint-key.js';
import type { Volumes } from './volumes.js';

/** The users of infra/nats/authorization.conf. */
const natsUsers = ['provision', 'identity', 'policy', 'approval', 'proxy', 'audit'] as const;

/** Infra files that the NATS server reads as they are. */
const natsFiles = ['nats-server.conf', 'authorization.conf'];

const newPassword = () => randomBytes(32).toString('base64url');

/**
 * Gives every user of NATS, ClickHouse and Grafana a password of its own: to the one who logs in as a file that
 * `…_PASSWORD_FILE` names, to the server in its configuration. Passwords of an earlier run stay.
 */
export function writeServerSecrets(volumes: Volumes): void {
  writeNatsSecrets(volumes);
  writeClickHouseUsers(volumes);
  volumes.keep('grafana', 'admin-password', newPassword);
  volumes.keep('audit', 'checkpoint-key.pem', newCheckpointKey);
}

function writeNatsSecrets(volumes: Volumes): void {
  const passwords = natsUsers.map((user) => {
    const password = volumes.keep(user, 'nats-password', newPassword);
    return `${user.toUpperCase()}_PASSWORD: ${JSON.stringify(password)}\n`;
  });
  volumes.write('nats', 'passwords.conf', { content: passwords.join('') });
  for (const name of natsFiles) {
    const content = readFileSync(join(repositoryRoot(), 'infra/nats', name), 'utf8');
    volumes.write('nats', name, { content });
  }
}

/** Users of infra/clickhouse, and who logs in as each. */
const clickHouseUsers = [
  { volume: 'audit', file: 'drawbridge.xml' },
  { volume: 'grafana', file: 'drawbridge-reader.xml' },
] as const;

/** What stands for a password in infra/clickhouse. */
const PASSWORD_FROM_ENVIRONMENT = /<password from_env="CLICKHOUSE_\w+_PASSWORD"\/>/;

/** The files are read by another user than ours, who learns hashes of 256 random bits. */
function writeClickHouseUsers(volumes: Volumes): void {
  for (const { volume, file } of clickHouseUsers) {
    const password = volumes.keep(volume, 'clickhouse-password', newPassword);
    const hash = createHash('sha256').update(password).digest('hex');
    const path = join(repositoryRoot(), 'infra/clickhouse/users.d', file);
    const users = readFileSync(path, 'utf8');
    if (!PASSWORD_FROM_ENVIRONMENT.test(users)) throw new Error(`no password in ${path}`);
    const content = users
      .replace(PASSWORD_FROM_ENVIRONMENT, `<password_sha256_hex>${hash}</password_sha256_hex>`)
      // The image's own user has no password.
      .replace('<users>', '<users>\n        <default remove="remove"/>');
    volumes.write('clickhouse', file, { content, readers: 'everyone' });
  }
}
