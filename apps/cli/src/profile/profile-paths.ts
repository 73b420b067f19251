import { homedir } from 'node:os';
import { join } from 'node:path';
import { CliError } from '../cli-error.js';
import type { Terminal } from '../terminal.js';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

export interface ProfilePaths {
  readonly name: string;
  readonly profile: string;
  readonly token: string;
  /** Private key that grants can be bound to. */
  readonly key: string;
  /** Client certificate for it. */
  readonly certificate: string;
}

/**
 * Where a profile is kept: under `$XDG_CONFIG_HOME/drawbridge`, by default `~/.config/drawbridge`.
 *
 * @param name - `--profile`; otherwise `DRAWBRIDGE_PROFILE`, otherwise `default`
 * @throws CliError `usage_invalid` for a name that could lead elsewhere
 */
export function profilePaths({ env }: Pick<Terminal, 'env'>, name?: string): ProfilePaths {
  const chosen = name ?? (env['DRAWBRIDGE_PROFILE'] || 'default');
  if (!NAME.test(chosen)) {
    const message = `--profile: expected letters, digits, ".", "_" or "-", not "${chosen}"`;
    throw new CliError('usage_invalid', message);
  }
  const base = env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config');
  const directory = join(base, 'drawbridge');
  return {
    name: chosen,
    profile: join(directory, `${chosen}.profile.json`),
    token: join(directory, `${chosen}.token.json`),
    key: join(directory, `${chosen}.key.pem`),
    certificate: join(directory, `${chosen}.certificate.json`),
  };
}
