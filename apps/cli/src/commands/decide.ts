import { ApprovalView, type ApproveInput, type DenyInput } from '@drawbridge/contracts';
import { exitCode, type ExitCode } from '../exit-code.js';
import { approvalText } from '../output/approval-text.js';
import {
  action,
  examples,
  sharedOptions,
  type CommandContext,
  type Registrar,
} from './command-context.js';

/** `drawbridge approve` */
export function registerApprove(registrar: Registrar): void {
  const command = registrar.program
    .command('approve')
    .summary('say yes to an access request')
    .description(
      'Approves an access request with your own login. You must be in one of its groups of approvers, and neither its requester nor, where policy says so, the owner of the agent.',
    )
    .argument('<id>', 'access request, as "drawbridge approvals" lists it')
    .option('--comment <text>', 'recorded with your approval')
    .addHelpText('after', examples(['drawbridge approve <id> --comment "checked with the team"']));
  sharedOptions(command).action(
    action(registrar, (context, shown) => {
      const { comment } = shown.opts<ApproveInput>();
      const body = comment === undefined ? {} : { comment };
      return decide(context, { id: shown.args[0], verb: 'approve', body });
    }),
  );
}

/** `drawbridge deny` */
export function registerDeny(registrar: Registrar): void {
  const command = registrar.program
    .command('deny')
    .summary('say no to an access request')
    .description('Denies an access request with your own login. One denial ends the request.')
    .argument('<id>', 'access request, as "drawbridge approvals" lists it')
    .option('--reason <text>', 'told to the requester')
    .addHelpText(
      'after',
      examples(['drawbridge deny <id> --reason "restart it in staging first"']),
    );
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

async function decide(
  context: CommandContext,
  { id = '', verb, body }: Decision,
): Promise<ExitCode> {
  const api = await context.part('approvals');
  const view = await api.call({
    method: 'POST',
    path: `/v1/access-requests/${encodeURIComponent(id)}/${verb}`,
    body,
    answer: ApprovalView,
  });
  context.show(view, () => approvalText(view, context.now));
  return exitCode.ok;
}
