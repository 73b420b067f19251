import { CliError } from '../cli-error.js';
import type { ProfilePaths } from '../profile/profile-paths.js';
import { isFresh, readToken, type CachedToken } from '../profile/token-cache.js';
import type { Terminal } from '../terminal.js';
import { readSecret } from './client-secret.js';
import { environmentToken } from './environment-token.js';

/** A token for the next call, and when it ends, when that is known. */
export type CurrentToken = Pick<CachedToken, 'accessToken'> &
  Partial<Pick<CachedToken, 'expiresAt'>>;

/**
 * From the environment, from the cache, from the profile's token file, or new from the issuer, in this order.
 *
 * @throws CliError `not_logged_in` and what reading or renewing may throw
 */
export async function currentToken(terminal: Terminal, paths: ProfilePaths): Promise<CurrentToken> {
  const given = await environmentToken(terminal);
  if (given !== undefined) return { accessToken: given };
  const cached = await readToken(paths);
  if (cached !== undefined && isFresh(cached, terminal.clock())) return cached;
  // Loaded only when needed: most calls of kubectl end above.
  const { readProfile } = await import('../profile/profile-store.js');
  const profile = await readProfile(paths);
  const login = profile?.login;
  if (profile === undefined || login === undefined) throw notLoggedIn(paths);
  if (login.type === 'tokenFile')
    return { accessToken: await readSecret(login.file, 'token file') };
  const { renewToken } = await import('./fresh-token.js');
  return renewToken({ terminal, paths, profile, login, stale: cached });
}

const notLoggedIn = ({ name }: ProfilePaths): CliError =>
  new CliError('not_logged_in', `profile "${name}" is not logged in`, {
    advice:
      'log in with "drawbridge login" (humans) or "drawbridge login --client-id <id>" (agents), or set DRAWBRIDGE_TOKEN_FILE',
  });
