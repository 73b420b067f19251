import {
  ApprovalView,
  type ApproveInput,
  type DenyInput,
  type RevokeInput,
} from '@drawbridge/contracts';
import { CliError } from '../cli-error.js';
import { parseDuration } from '../input/duration.js';
import { narrowedRules, type RulesLess } from '../input/narrowed-rules.js';
import { exitCode, type ExitCode } from '../exit-code.js';
import { withWantedLogin } from '../login/with-wanted-login.js';
import { approvalText } from '../output/approval-text.js';
import {
  action,
  examples,
  sharedOptions,
  type CommandContext,
  type Registrar,
} from './command-context.js';
import { waitingApproval } from './waiting-approval.js';

const collect = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  value,
];

/** `drawbridge approve` */
export function registerApprove(registrar: Registrar): void {
  const command = registrar.program
    .command('approve')
    .summary('say yes to an access request')
    .description(
      'Approves an access request with your own login. You must be in one of its groups of approvers, and neither its requester nor, where policy says so, the owner of the agent. Where policy wants a fresh login you are asked to log in again.',
    )
    .argument('<id>', 'access request, as "drawbridge approvals" lists it')
    .option('--comment <text>', 'recorded with your approval')
    .option('--duration <time>', 'grant it for a shorter time, e.g. 5m')
    .option(
      '--drop-rule <number>',
      'without this rule, see "drawbridge approvals <id>"; may be repeated',
      collect,
    )
    .option('--namespace <name>', 'in this namespace only; may be repeated', collect)
    .option('--step <name>', 'the step that you mean; default: the one that is open')
    .option('--round <number>', 'the extension that you read, as "drawbridge approvals" shows it')
    .option('--terms <version>', 'the version of the terms that you read, when it is not 0')
    .addHelpText(
      'after',
      examples([
        'drawbridge approve <id> --comment "checked with the team"',
        'drawbridge approve <id> --duration 5m',
        'drawbridge approve <id> --drop-rule 2 --namespace payments',
      ]),
    );
  sharedOptions(command).action(
    action(registrar, async (context, shown) => {
      const options = shown.opts<ApproveOptions>();
      const [id = ''] = shown.args;
      const body = { ...approveInput(options), ...(await rulesLeft(context, id, options)) };
      return decide(context, { id, verb: 'approve', body });
    }),
  );
}

interface ApproveOptions extends RulesLess {
  readonly comment?: string;
  readonly duration?: string;
  readonly step?: string;
  readonly terms?: string;
  readonly round?: string;
}

const approveInput = ({ comment, duration, step, terms, round }: ApproveOptions): ApproveInput => ({
  ...(comment === undefined ? {} : { comment }),
  ...(duration === undefined ? {} : { durationSeconds: parseDuration(duration, '--duration') }),
  ...(step === undefined ? {} : { step }),
  ...(terms === undefined ? {} : { seen: numberOf(terms, '--terms') }),
  ...(round === undefined ? {} : { round: numberOf(round, '--round') }),
});

/** Taken from the terms of now; the server refuses when they are not those of `--terms`. */
async function rulesLeft(
  context: CommandContext,
  id: string,
  less: RulesLess,
): Promise<Pick<ApproveInput, 'rules'>> {
  if (less.dropRule === undefined && less.namespace === undefined) return {};
  const { terms } = await waitingApproval(await context.part('approvals'), id);
  return { rules: narrowedRules(terms.rules, less) };
}

function numberOf(text: string, option: string): number {
  if (/^\d{1,3}$/.test(text)) return Number(text);
  throw new CliError(
    'usage_invalid',
    `${option}: expected a number, as "drawbridge approvals" shows it`,
  );
}

/** `drawbridge take-back` */
export function registerTakeBack(registrar: Registrar): void {
  const command = registrar.program
    .command('take-back')
    .summary('take your approval back')
    .description(
      'Takes your own approval of an access request back, as long as its grant is not issued. To stop the request, deny it instead.',
    )
    .argument('<id>', 'access request that you approved')
    .addHelpText('after', examples(['drawbridge take-back <id>']));
  sharedOptions(command).action(
    action(registrar, (context, shown) =>
      decide(context, { id: shown.args[0], verb: 'take-back', body: {} }),
    ),
  );
}

/** `drawbridge deny` */
export function registerDeny(registrar: Registrar): void {
  const command = registrar.program
    .command('deny')
    .summary('say no to an access request')
    .description(
      'Denies an access request with your own login. One denial ends the request, unless its policy wants more.',
    )
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

/** `drawbridge revoke` */
export function registerRevoke(registrar: Registrar): void {
  const command = registrar.program
    .command('revoke')
    .summary('end the grant of an access request')
    .description(
      'Ends an open grant at once, its streams too. For those who may approve it or have, for the owner or sponsor of its agent, and for administrators.',
    )
    .argument('<id>', 'access request, as "drawbridge grants" lists it')
    .requiredOption('-r, --reason <text>', 'recorded, and told to the agent')
    .addHelpText('after', examples(['drawbridge revoke <id> -r "the incident is over"']));
  sharedOptions(command).action(
    action(registrar, (context, shown) => {
      const { reason } = shown.opts<RevokeInput>();
      return decide(context, { id: shown.args[0], verb: 'revoke', body: { reason } });
    }),
  );
}

interface Decision {
  readonly id: string | undefined;
  readonly verb: 'approve' | 'deny' | 'take-back' | 'revoke';
  readonly body: ApproveInput | DenyInput | RevokeInput;
}

async function decide(
  context: CommandContext,
  { id = '', verb, body }: Decision,
): Promise<ExitCode> {
  const view = await withWantedLogin(context, async () => {
    const api = await context.part('approvals');
    return api.call({
      method: 'POST',
      path: `/v1/access-requests/${encodeURIComponent(id)}/${verb}`,
      body,
      answer: ApprovalView,
    });
  });
  context.show(view, () => approvalText(view, context.now));
  return exitCode.ok;
}
