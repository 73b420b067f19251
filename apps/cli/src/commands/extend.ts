import {
  AccessRequestView,
  ApprovalView,
  ExtensionInput,
  type ExtensionView,
} from '@drawbridge/contracts';
import type { Command } from 'commander';
import type { ApiClient } from '../api/api-client.js';
import { CliError } from '../cli-error.js';
import { exitCode, type ExitCode } from '../exit-code.js';
import { parseDuration } from '../input/duration.js';
import { approvalText } from '../output/approval-text.js';
import { extensionText, requestText } from '../output/request-text.js';
import {
  action,
  examples,
  sharedOptions,
  type CommandContext,
  type Registrar,
  type SharedOptions,
} from './command-context.js';
import { readRequest } from './follow-request.js';
import { parseWait } from './request.js';

const POLL_SECONDS = 30;

interface ExtendOptions extends SharedOptions {
  readonly duration: string;
  readonly reason: string;
  readonly offer?: true;
  readonly wait?: string | true;
}

/** `drawbridge extend` */
export function registerExtend(registrar: Registrar): void {
  const command = registrar.program
    .command('extend')
    .summary('ask for more time while a grant runs')
    .description(
      'Asks for more time for a grant that is open. Policy judges it and humans approve it as they did the request; until then, and where they do not, the grant ends as it would have. What runs under the grant goes on.',
    )
    .argument('<id>', 'access request')
    .requiredOption('-d, --duration <time>', 'how much longer, e.g. 10m')
    .requiredOption('-r, --reason <text>', 'why; approvers read it')
    .option('--offer', 'as a human who may end the grant, instead of its agent')
    .option('-w, --wait [time]', 'wait for the decision, at most this long')
    .addHelpText(
      'after',
      examples([
        'drawbridge extend <id> -d 10m -r "the roll-out is not through" --wait=5m',
        'drawbridge extend <id> -d 15m -r "let it finish" --offer',
      ]),
    );
  sharedOptions(command).action(action(registrar, extend));
}

async function extend(context: CommandContext, command: Command): Promise<ExitCode> {
  const options = command.opts<ExtendOptions>();
  const [id = ''] = command.args;
  const body = inputOf(options);
  if (options.offer === true) return offer(context, id, { body, wait: options.wait });
  const seconds = parseWait(options.wait);
  const api = await context.ingress();
  const asked = await api.call({
    method: 'POST',
    path: `/v1/access-requests/${encodeURIComponent(id)}/extensions`,
    body,
    answer: AccessRequestView,
  });
  const view =
    options.wait === undefined ? asked : await follow(context, { api, view: asked, seconds });
  context.show(view, () => requestText(view, context.now));
  return options.wait === undefined ? exitCode.ok : waitedFor(view.extension);
}

async function offer(
  context: CommandContext,
  id: string,
  { body, wait }: { readonly body: ExtensionInput; readonly wait: string | true | undefined },
): Promise<ExitCode> {
  if (wait !== undefined) throw new CliError('usage_invalid', '--wait: is for the agent itself');
  const api = await context.part('approvals');
  const view = await api.call({
    method: 'POST',
    path: `/v1/access-requests/${encodeURIComponent(id)}/offer-extension`,
    body,
    answer: ApprovalView,
  });
  context.show(view, () => approvalText(view, context.now));
  return exitCode.ok;
}

function inputOf({ duration, reason }: ExtendOptions): ExtensionInput {
  const durationSeconds = parseDuration(duration, '--duration');
  const input = ExtensionInput.safeParse({ durationSeconds, reason });
  if (input.success) return input.data;
  const problems = input.error.issues.map(
    ({ path, message }) => `--${path[0] === 'reason' ? 'reason' : 'duration'}: ${message}`,
  );
  throw new CliError('usage_invalid', problems.join('; '));
}

interface Following {
  readonly api: ApiClient;
  readonly view: AccessRequestView;
  readonly seconds: number | undefined;
}

/** Until something has come of this round, or the time is over. */
async function follow(
  context: CommandContext,
  { api, view, seconds = Infinity }: Following,
): Promise<AccessRequestView> {
  const round = view.extension?.round;
  const deadline = performance.now() + seconds * 1000;
  let known = view;
  let told = '';
  for (;;) {
    const words = extensionText(known) ?? '';
    if (words !== told) context.note(words);
    told = words;
    const leftSeconds = Math.ceil((deadline - performance.now()) / 1000);
    const isOpen = known.extension?.round === round && isUndecided(known.extension);
    if (!isOpen || leftSeconds <= 0) return known;
    known = await readRequest(api, known, Math.min(POLL_SECONDS, leftSeconds));
  }
}

const isUndecided = (extension: ExtensionView | undefined): boolean =>
  extension !== undefined && byStatus[extension.status] === exitCode.timeout;

const byStatus: Readonly<Record<ExtensionView['status'], ExitCode>> = {
  requested: exitCode.timeout,
  pending: exitCode.timeout,
  approved: exitCode.timeout,
  extended: exitCode.ok,
  denied: exitCode.denied,
  rejected: exitCode.rejected,
  lapsed: exitCode.lapsed,
};

const waitedFor = (extension: ExtensionView | undefined): ExitCode =>
  extension === undefined ? exitCode.error : byStatus[extension.status];
