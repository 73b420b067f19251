import { OpenGrantsView } from '@drawbridge/contracts';
import type { Command } from 'commander';
import { exitCode, type ExitCode } from '../exit-code.js';
import { grantTable } from '../output/grant-text.js';
import {
  action,
  examples,
  sharedOptions,
  type CommandContext,
  type Registrar,
  type SharedOptions,
} from './command-context.js';

interface GrantsOptions extends SharedOptions {
  readonly agent?: string;
  readonly connection?: string;
  readonly limit: string;
}

/** `drawbridge grants` */
export function registerGrants(registrar: Registrar): void {
  const command = registrar.program
    .command('grants')
    .summary('list the grants that are open')
    .description(
      'Lists the open grants that you may know of, as an approver or as owner of the agent; the one that ends first in front.',
    )
    .option('--agent <subject>', 'only those of this agent')
    .option('-c, --connection <name>', 'only those on this connection')
    .option('--limit <count>', 'how many, at most 100', '50')
    .addHelpText('after', examples(['drawbridge grants', 'drawbridge grants -c prod-eks']));
  sharedOptions(command).action(action(registrar, grants));
}

async function grants(context: CommandContext, command: Command): Promise<ExitCode> {
  const { agent, connection, limit } = command.opts<GrantsOptions>();
  const api = await context.part('approvals');
  const open = await api.call({
    path: '/v1/grants',
    query: { agent, connection, limit },
    answer: OpenGrantsView,
  });
  context.show(open, () => grantTable(open, context.now));
  return exitCode.ok;
}
