import { AccessRequestView } from '@drawbridge/contracts';
import type { Command } from 'commander';
import { exitCode, type ExitCode } from '../exit-code.js';
import { requestText } from '../output/request-text.js';
import {
  action,
  examples,
  sharedOptions,
  type CommandContext,
  type Registrar,
} from './command-context.js';

/** `drawbridge withdraw` */
export function registerWithdraw(registrar: Registrar): void {
  const command = registrar.program
    .command('withdraw')
    .summary('withdraw an access request, or give its grant back')
    .description(
      'Withdraws an access request. When it is granted already, the bridge goes up at once.',
    )
    .argument('<id>', 'access request')
    .addHelpText('after', examples(['drawbridge withdraw <id>']));
  sharedOptions(command).action(action(registrar, withdraw));
}

async function withdraw(context: CommandContext, command: Command): Promise<ExitCode> {
  const [id = ''] = command.args;
  const api = await context.ingress();
  const view = await api.call({
    method: 'DELETE',
    path: `/v1/access-requests/${encodeURIComponent(id)}`,
    answer: AccessRequestView,
  });
  context.show(view, () => requestText(view, context.now));
  return exitCode.ok;
}
