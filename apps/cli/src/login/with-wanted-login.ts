import { ApiRefused } from '../api/api-refused.js';
import type { Session } from '../session.js';
import { hasEnvironmentToken } from './environment-token.js';

/**
 * Calls an API that may want a fresher or stronger login than the human has: logs them in as it says, and calls it
 * once more. A token that somebody else brought cannot be made fresher, so that refusal stays.
 */
export async function withWantedLogin<Result>(
  session: Session,
  call: () => Promise<Result>,
): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof ApiRefused) || error.login === undefined) throw error;
    const { terminal, paths } = session;
    const profile = await session.profile();
    if (profile?.login?.type !== 'human' || hasEnvironmentToken(terminal)) throw error;
    terminal.note('This takes a fresh login.\n');
    const { logInWithBrowser } = await import('./log-in-with-browser.js');
    const { login } = profile;
    await logInWithBrowser(
      { terminal, paths },
      { profile, login, browser: true, wanted: error.login },
    );
    return call();
  }
}
