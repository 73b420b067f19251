import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '@drawbridge/embedded';
import type { Volumes } from './volumes.js';

/** The users of infra/nats/authorization.conf. */
const natsUsers = ['provision', 'identity', 'policy', 'approval', 'proxy', 'audit'] as const;

/** Infra files that the NATS server reads as they are. */
const natsFiles = ['nats-server.conf', 'authorization.conf'];

const newPassword = () => randomBytes(32).toString('base64url');

/**
 * Gives every user of NATS and ClickHouse a password of its own: to the one who logs in as a file that
 * `…_PASSWORD_FILE` names, to the server in its configuration. Passwords of an earlier run stay.
 */
export function writeServerSecrets(volumes: Volumes): void {
  writeNatsSecrets(volumes);
  writeClickHouseUser(volumes);
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

/** What stands for the password in infra/clickhouse. */
const PASSWORD_FROM_ENVIRONMENT = '<password from_env="CLICKHOUSE_AUDIT_PASSWORD"/>';

/** The file is read by another user than ours, who learns the hash of 256 random bits. */
function writeClickHouseUser(volumes: Volumes): void {
  const password = volumes.keep('audit', 'clickhouse-password', newPassword);
  const hash = createHash('sha256').update(password).digest('hex');
  const file = join(repositoryRoot(), 'infra/clickhouse/users.d/drawbridge.xml');
  const users = readFileSync(file, 'utf8');
  if (!users.includes(PASSWORD_FROM_ENVIRONMENT)) throw new Error(`no password in ${file}`);
  const content = users
    .replace(PASSWORD_FROM_ENVIRONMENT, `<password_sha256_hex>${hash}</password_sha256_hex>`)
    // The image's own user has no password.
    .replace('<users>', '<users>\n        <default remove="remove"/>');
  volumes.write('clickhouse', 'drawbridge.xml', { content, readers: 'everyone' });
}
