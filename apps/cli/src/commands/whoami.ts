import { Principal } from '@drawbridge/contracts';
import { exitCode, type ExitCode } from '../exit-code.js';
import { fields } from '../output/table.js';
import {
  action,
  examples,
  sharedOptions,
  type CommandContext,
  type Registrar,
} from './command-context.js';

/** `drawbridge whoami` */
export function registerWhoami(registrar: Registrar): void {
  const command = registrar.program
    .command('whoami')
    .summary('show who you are, as your token says')
    .description('Shows who you are to Drawbridge: what it reads in your token.')
    .addHelpText('after', examples(['drawbridge whoami -o json']));
  sharedOptions(command).action(action(registrar, whoami));
}

async function whoami(context: CommandContext): Promise<ExitCode> {
  const api = await context.ingress();
  const principal = await api.call({ path: '/v1/me', answer: Principal });
  const { kind, subject, issuer, email, owner, groups } = principal;
  context.show(principal, () =>
    fields([
      ['you are', `${kind} ${subject}`],
      ['issuer', issuer],
      ['groups', groups.join(', ') || 'none'],
      ['email', email],
      ['owner', owner],
      ['profile', context.paths.name],
    ]),
  );
  return exitCode.ok;
}
