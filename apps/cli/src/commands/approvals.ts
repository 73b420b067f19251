import { WaitingApprovals } from '@drawbridge/contracts';
import type { Command } from 'commander';
import { exitCode, type ExitCode } from '../exit-code.js';
import { approvalTable, approvalText } from '../output/approval-text.js';
import {
  action,
  examples,
  sharedOptions,
  type CommandContext,
  type Registrar,
  type SharedOptions,
} from './command-context.js';
import { waitingApproval } from './waiting-approval.js';

interface ApprovalsOptions extends SharedOptions {
  readonly limit: string;
}

/** `drawbridge approvals` */
export function registerApprovals(registrar: Registrar): void {
  const command = registrar.program
    .command('approvals')
    .summary('list what waits for your decision')
    .description('Lists the access requests that you may decide, the most urgent first.')
    .argument('[id]', 'one of them, to see it whole, with its rules by number')
    .option('--limit <count>', 'how many, at most 100', '50')
    .addHelpText(
      'after',
      examples(['drawbridge approvals', 'drawbridge approvals <id>', 'drawbridge approve <id>']),
    );
  sharedOptions(command).action(action(registrar, approvals));
}

async function approvals(context: CommandContext, command: Command): Promise<ExitCode> {
  const { limit } = command.opts<ApprovalsOptions>();
  const api = await context.part('approvals');
  const [id] = command.args;
  if (id !== undefined) {
    const view = await waitingApproval(api, id);
    context.show(view, () => approvalText(view, context.now));
    return exitCode.ok;
  }
  const waiting = await api.call({
    path: '/v1/approvals',
    query: { limit },
    answer: WaitingApprovals,
  });
  context.show(waiting, () => approvalTable(waiting, context.now));
  return exitCode.ok;
}
