import { AccessRequestView, AccessStatus } from '@drawbridge/contracts';
import { Option, type Command } from 'commander';
import { z } from 'zod';
import { exitCode, type ExitCode } from '../exit-code.js';
import { requestTable } from '../output/request-text.js';
import {
  action,
  examples,
  sharedOptions,
  type CommandContext,
  type Registrar,
  type SharedOptions,
} from './command-context.js';

interface ListOptions extends SharedOptions {
  readonly status?: AccessStatus;
  readonly limit: string;
  readonly after?: string;
}

const Page = z.object({ items: z.array(AccessRequestView), next: z.string().optional() });

/** `drawbridge list` */
export function registerList(registrar: Registrar): void {
  const command = registrar.program
    .command('list')
    .summary('list your access requests')
    .description('Lists your access requests, the newest first.')
    .addOption(
      new Option('--status <status>', 'only those that stand so').choices(AccessStatus.options),
    )
    .option('--limit <count>', 'how many, at most 100', '20')
    .option('--after <cursor>', '"next" of the page before, as -o json prints it')
    .addHelpText('after', examples(['drawbridge list --status pending']));
  sharedOptions(command).action(action(registrar, list));
}

async function list(context: CommandContext, command: Command): Promise<ExitCode> {
  const { status, limit, after } = command.opts<ListOptions>();
  const api = await context.ingress();
  const page = await api.call({
    path: '/v1/access-requests',
    query: { status, limit, after },
    answer: Page,
  });
  context.show(page, () =>
    page.items.length === 0 ? 'no access requests\n' : requestTable(page.items, context.now),
  );
  if (page.next !== undefined) context.note('there are more: --limit or --after');
  return exitCode.ok;
}
