import { existsSync } from 'node:fs';
import { currentToken } from '../login/current-token.js';
import { profilePaths, type ProfilePaths } from '../profile/profile-paths.js';
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
  const shown = await certificateOf({ terminal, paths, token: accessToken });
  const renewals = [
    ...(expiresAt === undefined ? [] : [renewalOf(expiresAt)]),
    ...(shown === undefined ? [] : [toSeconds(shown.expiresAt)]),
  ];
  const [renewal] = renewals.toSorted();
  const status = {
    token: accessToken,
    ...(shown && { clientCertificateData: shown.certificate, clientKeyData: shown.key }),
    ...(renewal === undefined ? {} : { expirationTimestamp: renewal }),
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

/** When kubectl is to ask again: while the token still serves. */
const renewalOf = (expiresAt: string): string =>
  toSeconds(new Date(new Date(expiresAt).getTime() - MARGIN_MS).toISOString());

/** Kubernetes' times have no fraction. */
const toSeconds = (instant: string): string => instant.replace(/\.\d+Z$/, 'Z');

interface Wish {
  readonly terminal: Terminal;
  readonly paths: ProfilePaths;
  readonly token: string;
}

/**
 * What a profile shows that has bound a grant to its key; others are asked nothing. Without a certificate a token is
 * still good for every other grant, so kubectl gets that.
 */
async function certificateOf({ terminal, paths, token }: Wish) {
  if (!existsSync(paths.key)) return undefined;
  try {
    const { readAgentKey, pemOf } = await import('../profile/agent-key.js');
    const { grantCertificate } = await import('../login/grant-certificate.js');
    const key = await readAgentKey(paths);
    if (key === undefined) return undefined;
    const found = await grantCertificate({ terminal, profile: paths.name, key, token });
    return found && { ...found, key: pemOf(key.key) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    terminal.note(`drawbridge: no client certificate: ${why}\n`);
    return undefined;
  }
}
