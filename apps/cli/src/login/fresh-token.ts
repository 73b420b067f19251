import { httpFetch } from '../api/http-fetch.js';
import { CliError } from '../cli-error.js';
import type { Login, Profile } from '../profile/profile.js';
import { type CachedToken, writeToken } from '../profile/token-cache.js';
import type { ProfilePaths } from '../profile/profile-paths.js';
import type { Terminal } from '../terminal.js';
import { readClientSecret } from './client-secret.js';
import { clientCredentials, refresh, type OpenIdClient } from './openid.js';

type OpenIdLogin = Exclude<Login, { type: 'tokenFile' }>;

export interface Renewal {
  readonly terminal: Terminal;
  readonly paths: ProfilePaths;
  readonly profile: Profile;
  readonly login: OpenIdLogin;
  /** What is cached and no longer serves. */
  readonly stale?: CachedToken | undefined;
}

/**
 * A new token without asking anybody, cached for the next call.
 *
 * @throws CliError `not_logged_in` when a human has to log in again, `login_failed` when the issuer refuses
 */
export async function renewToken(renewal: Renewal): Promise<CachedToken> {
  const token = await newToken(renewal);
  await writeToken(renewal.paths, token);
  return token;
}

async function newToken({ terminal, profile, login, stale }: Renewal): Promise<CachedToken> {
  const client = await openIdClient(terminal, profile, login);
  if (login.type === 'agent') {
    const secret = await readClientSecret(terminal, login.clientSecretFile);
    return clientCredentials(client, secret);
  }
  if (stale?.refreshToken !== undefined) return refresh(client, stale.refreshToken);
  throw new CliError('not_logged_in', 'your login has ended', {
    advice: 'log in again with "drawbridge login"',
  });
}

/** The client of a login, with the trust that the profile has. */
export async function openIdClient(
  { clock }: Pick<Terminal, 'clock'>,
  { certificateAuthorityFile }: Profile,
  { issuer, clientId, scope }: OpenIdLogin,
): Promise<OpenIdClient> {
  return {
    issuer,
    clientId,
    fetch: await httpFetch(certificateAuthorityFile),
    now: clock(),
    ...(scope === undefined ? {} : { scope }),
  };
}
