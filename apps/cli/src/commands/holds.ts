import { HoldView, WaitingHolds, type ApproveInput, type DenyInput } from '@drawbridge/contracts';
import { exitCode, type ExitCode } from '../exit-code.js';
import { holdTable, holdText } from '../output/hold-text.js';
import {
  action,
  examples,
  sharedOptions,
  type CommandContext,
  type Registrar,
  type SharedOptions,
} from './command-context.js';

interface HoldsOptions extends SharedOptions {
  readonly limit: string;
}

const HOLD = ['<id>', 'held call, as "drawbridge holds list" shows it'] as const;

/** `drawbridge holds list`, `show`, `approve` and `deny` */
export function registerHolds(registrar: Registrar): void {
  const holds = registrar.program
    .command('holds')
    .summary('decide calls that a guardrail holds')
    .description('Looks at single calls that a guardrail holds, and decides them. For approvers.');
  const inGroup = { ...registrar, program: holds };
  registerList(inGroup);
  registerShow(inGroup);
  registerApprove(inGroup);
  registerDeny(inGroup);
}

function registerList(registrar: Registrar): void {
  const command = registrar.program
    .command('list')
    .summary('list held calls that wait for your decision')
    .description('Lists the held calls that you may decide, the most urgent first.')
    .option('--limit <count>', 'how many, at most 100', '50');
  sharedOptions(command).action(
    action(registrar, async (context, shown) => {
      const { limit } = shown.opts<HoldsOptions>();
      const api = await context.part('approvals');
      const waiting = await api.call({
        path: '/v1/holds',
        query: { limit },
        answer: WaitingHolds,
      });
      context.show(waiting, () => holdTable(waiting, context.now));
      return exitCode.ok;
    }),
  );
}

function registerShow(registrar: Registrar): void {
  const command = registrar.program
    .command('show')
    .summary('show a held call and what it would do')
    .description('Shows a held call whole: the call, its dry-run and what else it touches.')
    .argument(...HOLD);
  sharedOptions(command).action(
    action(registrar, async (context, shown) => {
      const api = await context.part('approvals');
      const view = await api.call({ path: pathOf(shown.args[0]), answer: HoldView });
      context.show(view, () => holdText(view, context.now));
      return exitCode.ok;
    }),
  );
}

function registerApprove(registrar: Registrar): void {
  const command = registrar.program
    .command('approve')
    .summary('say yes to a held call, which may pass once')
    .description(
      'Approves one held call with your own login. It may pass once, within minutes, when as many humans have said yes as its guardrail wants. You must be in one of its groups of approvers, and never the owner of the agent.',
    )
    .argument(...HOLD)
    .option('--comment <text>', 'recorded with your approval')
    .addHelpText('after', examples(['drawbridge holds approve <id> --comment "it is empty"']));
  sharedOptions(command).action(
    action(registrar, (context, shown) => {
      const { comment } = shown.opts<ApproveInput>();
      const body = comment === undefined ? {} : { comment };
      return decide(context, { id: shown.args[0], verb: 'approve', body });
    }),
  );
}

function registerDeny(registrar: Registrar): void {
  const command = registrar.program
    .command('deny')
    .summary('refuse a held call')
    .description('Denies a held call, or takes back an approval that was not used yet.')
    .argument(...HOLD)
    .option('--reason <text>', 'told to the agent')
    .addHelpText('after', examples(['drawbridge holds deny <id> --reason "not on a Friday"']));
  sharedOptions(command).action(
    action(registrar, (context, shown) => {
      const { reason } = shown.opts<DenyInput>();
      const body = reason === undefined ? {} : { reason };
      return decide(context, { id: shown.args[0], verb: 'deny', body });
    }),
  );
}

interface Decision {
  readonly id: string | undefined;
  readonly verb: 'approve' | 'deny';
  readonly body: ApproveInput | DenyInput;
}

async function decide(context: CommandContext, { id, verb, body }: Decision): Promise<ExitCode> {
  const api = await context.part('approvals');
  const path = `${pathOf(id)}/${verb}`;
  const view = await api.call({ method: 'POST', path, body, answer: HoldView });
  context.show(view, () => holdText(view, context.now));
  return exitCode.ok;
}

const pathOf = (id = ''): string => `/v1/holds/${encodeURIComponent(id)}`;
