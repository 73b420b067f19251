import { CliError } from '../cli-error.js';
import { profilePaths } from '../profile/profile-paths.js';
import { readProfile } from '../profile/profile-store.js';
import type { Terminal } from '../terminal.js';
import { readSecret } from './client-secret.js';
import { currentToken } from './current-token.js';

/** Tokens that the environment brings are of who asks. */
const own = new Set(['DRAWBRIDGE_TOKEN', 'DRAWBRIDGE_TOKEN_FILE', 'DRAWBRIDGE_CLIENT_SECRET']);

/**
 * A token of the human on whose behalf something is asked: out of a file (`@file`), or of the login of a profile.
 *
 * @param server - where it will be shown: a login is for one server
 * @throws CliError `server_mismatch`, `not_logged_in`, and what reading or renewing may throw
 */
export async function behalfToken(terminal: Terminal, whose: string, server: URL): Promise<string> {
  if (whose.startsWith('@')) return readSecret(whose.slice(1), '--on-behalf-of');
  const paths = profilePaths(terminal, whose);
  const profile = await readProfile(paths);
  if (profile !== undefined && new URL(profile.server).origin !== server.origin) {
    const message = `profile "${paths.name}" is logged in to ${profile.server}, not to ${server.origin}`;
    throw new CliError('server_mismatch', message);
  }
  const env = Object.fromEntries(
    Object.entries(terminal.env).filter(([variable]) => !own.has(variable)),
  );
  return (await currentToken({ ...terminal, env }, paths)).accessToken;
}
