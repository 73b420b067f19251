import { WaitingApprovals } from '@drawbridge/contracts';
import type { Command } from 'commander';
import { exitCode, type ExitCode } from '../exit-code.js';
import { approvalTable } from '../output/approval-text.js';
import {
  action,
  examples,
  sharedOptions,
  type CommandContext,
  type Registrar,
  type SharedOptions,
} from './command-context.js';

interface ApprovalsOptions extends SharedOptions {
  readonly limit: string;
}

/** `drawbridge approvals` */
export function registerApprovals(registrar: Registrar): void {
  const command = registrar.program
    .command('approvals')
    .summary('list what waits for your decision')
    .description('Lists the access requests that you may decide, the most urgent first.')
    .option('--limit <count>', 'how many, at most 100', '50')
    .addHelpText('after', examples(['drawbridge approvals', 'drawbridge approve <id>']));
  sharedOptions(command).action(action(registrar, approvals));
}

async function approvals(context: CommandContext, command: Command): Promise<ExitCode> {
  const { limit } = command.opts<ApprovalsOptions>();
  const api = await context.part('approvals');
  const waiting = await api.call({
    path: '/v1/approvals',
    query: { limit },
    answer: WaitingApprovals,
  });
  context.show(waiting, () => approvalTable(waiting, context.now));
  return exitCode.ok;
}
