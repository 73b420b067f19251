import { spawn } from 'node:child_process';
import type { WantedLogin } from '../api/wanted-login.js';
import { CliError } from '../cli-error.js';
import { neutralise } from '../output/neutralise.js';
import type { Login, Profile } from '../profile/profile.js';
import type { ProfilePaths } from '../profile/profile-paths.js';
import { writeToken } from '../profile/token-cache.js';
import type { Terminal } from '../terminal.js';
import { openIdClient } from './fresh-token.js';
import { startDeviceLogin } from './openid.js';

export interface BrowserLogin {
  readonly profile: Profile;
  readonly login: Extract<Login, { type: 'human' }>;
  /** Whether to open the address, where this machine can. */
  readonly browser: boolean;
  /** Absent: any login will do. */
  readonly wanted?: WantedLogin;
}

/** Shows address and code, waits until the human has logged in there, and caches the token. */
export async function logInWithBrowser(
  { terminal, paths }: { terminal: Terminal; paths: ProfilePaths },
  { profile, login, browser, wanted }: BrowserLogin,
): Promise<string> {
  const started = await startDeviceLogin(await openIdClient(terminal, profile, login), wanted);
  const { href } = started.verificationAddress;
  terminal.note(
    `Open ${neutralise(href)}\nand check that it shows the code ${neutralise(started.userCode)}\n`,
  );
  if (browser) openInBrowser(href, terminal);
  const token = await started.token(terminal.interrupted).catch((error: unknown) => {
    if (terminal.interrupted.aborted) throw new CliError('interrupted', 'interrupted');
    throw error;
  });
  await writeToken(paths, token);
  return token.expiresAt;
}

/** The address goes as one argument, without a shell; it is https, or on this machine. */
function openInBrowser(address: string, { env }: Terminal): void {
  const opener = process.platform === 'darwin' ? 'open' : 'xdg-open';
  const hasScreen =
    process.platform === 'darwin' || Boolean(env['DISPLAY']) || Boolean(env['WAYLAND_DISPLAY']);
  if (!hasScreen) return;
  const child = spawn(opener, [address], { stdio: 'ignore', detached: true });
  // Not installed, or no browser: the address has been shown.
  child.on('error', () => undefined);
  child.unref();
}
