import { AccessRequestView } from '@drawbridge/contracts';
import type { Command } from 'commander';
import { z } from 'zod';
import type { ApiClient } from '../api/api-client.js';
import { CliError } from '../cli-error.js';
import { exitCode, type ExitCode } from '../exit-code.js';
import { requestText } from '../output/request-text.js';
import {
  action,
  examples,
  sharedOptions,
  type CommandContext,
  type Registrar,
  type SharedOptions,
} from './command-context.js';
import { followRequest, readRequest, waitedFor } from './follow-request.js';
import { parseWait } from './request.js';

interface StatusOptions extends SharedOptions {
  readonly wait?: string | true;
}

/** `drawbridge status` */
export function registerStatus(registrar: Registrar): void {
  const command = registrar.program
    .command('status')
    .summary('show where an access request stands')
    .description('Shows an access request: where it stands, why, and what was granted.')
    .argument('[id]', 'access request; default: your newest')
    .option('-w, --wait [time]', 'wait for the decision, at most this long')
    .addHelpText(
      'after',
      examples(['drawbridge status', 'drawbridge status <id> --wait=5m -o json']),
    );
  sharedOptions(command).action(action(registrar, status));
}

async function status(context: CommandContext, command: Command): Promise<ExitCode> {
  const { wait } = command.opts<StatusOptions>();
  const [id] = command.args;
  const seconds = parseWait(wait);
  const api = await context.ingress();
  const found = id === undefined ? await newest(api) : await readRequest(api, { id });
  const view =
    wait === undefined ? found : await followRequest(context, { api, view: found, seconds });
  context.show(view, () => requestText(view, context.now));
  return wait === undefined ? exitCode.ok : waitedFor(view);
}

async function newest(api: ApiClient): Promise<AccessRequestView> {
  const { items } = await api.call({
    path: '/v1/access-requests',
    query: { limit: '1' },
    answer: z.object({ items: z.array(AccessRequestView) }),
  });
  const [view] = items;
  if (view !== undefined) return view;
  throw new CliError('usage_invalid', 'you have made no access request yet', {
    advice: 'ask with "drawbridge request"',
  });
}
