import { exitCode, type ExitCode } from '../exit-code.js';
import { readProfile, writeProfile } from '../profile/profile-store.js';
import { forgetToken } from '../profile/token-cache.js';
import {
  action,
  examples,
  sharedOptions,
  type CommandContext,
  type Registrar,
} from './command-context.js';

/** `drawbridge logout` */
export function registerLogout(registrar: Registrar): void {
  const command = registrar.program
    .command('logout')
    .summary('forget the login of a profile')
    .description('Forgets the tokens and the login of a profile. Its server is remembered.')
    .addHelpText('after', examples(['drawbridge logout --profile alice']));
  sharedOptions(command).action(action(registrar, logout));
}

async function logout(context: CommandContext): Promise<ExitCode> {
  const { paths } = context;
  await forgetToken(paths);
  const profile = await readProfile(paths);
  const wasLoggedIn = profile?.login !== undefined;
  if (profile !== undefined) {
    const { login, ...rest } = profile;
    if (login !== undefined) await writeProfile(paths, rest);
  }
  context.show({ profile: paths.name, loggedOut: wasLoggedIn }, () =>
    wasLoggedIn ? `logged out of profile ${paths.name}\n` : 'you were not logged in\n',
  );
  return exitCode.ok;
}
