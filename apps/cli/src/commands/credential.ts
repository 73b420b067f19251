import { currentToken } from '../login/current-token.js';
import { profilePaths } from '../profile/profile-paths.js';
import { MARGIN_MS } from '../profile/token-cache.js';
import type { Terminal } from '../terminal.js';

/**
 * `drawbridge credential`: what kubectl runs before its calls, so it loads as little as possible.
 *
 * Prints an `ExecCredential`; kubectl keeps it until `expirationTimestamp` and asks again after a 401.
 */
export async function credential(terminal: Terminal, args: readonly string[]): Promise<void> {
  const at = args.indexOf('--profile');
  const paths = profilePaths(terminal, at === -1 ? undefined : args[at + 1]);
  const { accessToken, expiresAt = expiryOf(accessToken) } = await currentToken(terminal, paths);
  const status = {
    token: accessToken,
    ...(expiresAt === undefined ? {} : { expirationTimestamp: renewalOf(expiresAt) }),
  };
  const answer = {
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status,
  };
  terminal.out(`${JSON.stringify(answer)}\n`);
}

/** `exp` of a JWT. Only to let kubectl ask again in time: nothing is decided by it. */
function expiryOf(token: string): string | undefined {
  try {
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8');
    const claims: unknown = JSON.parse(payload);
    if (typeof claims !== 'object' || claims === null || !('exp' in claims)) return undefined;
    return typeof claims.exp === 'number' ? new Date(claims.exp * 1000).toISOString() : undefined;
  } catch {
    return undefined;
  }
}

/** When kubectl is to ask again: while the token still serves. Kubernetes' times have no fraction. */
const renewalOf = (expiresAt: string): string =>
  new Date(new Date(expiresAt).getTime() - MARGIN_MS).toISOString().replace(/\.\d+Z$/, 'Z');
