import { TrustStatus } from '@drawbridge/contracts';
import { exitCode } from '../exit-code.js';
import { trustTable } from '../output/trust-text.js';
import { action, sharedOptions, type Registrar } from './command-context.js';

/** `drawbridge trust status` and `refresh` */
export function registerTrust(registrar: Registrar): void {
  const program = registrar.program
    .command('trust')
    .summary('see which issuers are believed, and ask them again')
    .description('Tells which issuers are believed, and what is wrong with them. For readers.');
  const inGroup = { ...registrar, program };
  const path = '/v1/trust';
  const status = program
    .command('status')
    .summary('list the issuers, and what is wrong with them')
    .description('Lists the issuers, whether their keys are known, and their directories.');
  show(inGroup, status, { path });
  const refresh = program
    .command('refresh')
    .summary('ask issuers and directories now')
    .description(
      'Asks issuers for their keys, and directories about everybody who holds a grant, waits for one, or approves. Whoever is gone loses grants and approvals within a second.',
    );
  show(inGroup, refresh, { method: 'POST', path: `${path}/refresh` });
}

function show(
  registrar: Registrar,
  command: Registrar['program'],
  call: { readonly method?: 'POST'; readonly path: string },
): void {
  sharedOptions(command).action(
    action(registrar, async (context) => {
      const api = await context.ingress();
      const view = await api.call({ ...call, answer: TrustStatus });
      context.show(view, () => trustTable(view));
      return exitCode.ok;
    }),
  );
}
