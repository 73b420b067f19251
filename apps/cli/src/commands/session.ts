import { RecordingView, SessionOrderView, type SessionOrderInput } from '@drawbridge/contracts';
import { ApiRefused } from '../api/api-refused.js';
import { CliError } from '../cli-error.js';
import { exitCode } from '../exit-code.js';
import {
  action,
  examples,
  sharedOptions,
  type CommandContext,
  type Registrar,
} from './command-context.js';

interface OrderOptions {
  readonly connection?: string;
  readonly reason: string;
}

interface Order {
  readonly name: 'pause' | 'resume' | 'cut';
  readonly summary: string;
  readonly description: string;
}

const orders: readonly Order[] = [
  {
    name: 'pause',
    summary: 'let nothing pass in a running session',
    description:
      'Pauses a running exec, attach, port-forward, log or watch within a second: nothing passes either way, and whoever sits at a terminal there is told. For administrators, and for who approves the grant by which it was opened.',
  },
  {
    name: 'resume',
    summary: 'let it go on',
    description:
      'Lets a paused session go on where it was. For administrators, and for who paused it.',
  },
  {
    name: 'cut',
    summary: 'end it',
    description:
      'Ends a running session within a second; whoever sits there is told why. Its grant stays open: see `drawbridge revoke`. For administrators, and for who approves the grant by which it was opened.',
  },
];

/** `drawbridge session pause`, `resume` and `cut` */
export function registerSessionOrders(registrar: Registrar): void {
  const group = registrar.program
    .command('session')
    .summary('pause, resume and cut a running session')
    .description('Stops what passes in a running session, by the id of its command.');
  for (const order of orders) registerOrder({ ...registrar, program: group }, order);
}

function registerOrder(registrar: Registrar, { name, summary, description }: Order): void {
  const command = registrar.program
    .command(name)
    .summary(summary)
    .description(description)
    .argument('<command>', 'id of the command that opened it')
    .option('-c, --connection <name>', 'on which it is; asked of audit by default')
    .requiredOption('-r, --reason <text>', 'why; recorded, and told to whoever sits there')
    .addHelpText(
      'after',
      examples([`drawbridge session ${name} <command> -c prod-eks -r "what does it do there?"`]),
    );
  sharedOptions(command).action(
    action(registrar, async (context, given) => {
      const id = given.args[0] ?? '';
      const { connection, reason } = given.opts<OrderOptions>();
      const on = connection ?? (await connectionOf(context, id));
      const body: SessionOrderInput = { connection: on, reason };
      const api = await context.part('approvals');
      const path = `/v1/sessions/${encodeURIComponent(id)}/${name}`;
      const view = await api.call({ method: 'POST', path, body, answer: SessionOrderView });
      context.show(view, () => `session ${view.commandId} on ${view.connection}: ${view.state}\n`);
      return exitCode.ok;
    }),
  );
}

/** As the record has it: for auditors and owners of the agent. Others, who may well stop it, have to say it. */
async function connectionOf(context: CommandContext, id: string): Promise<string> {
  const api = await context.part('audit');
  const path = `/v1/audit/recordings/${encodeURIComponent(id)}`;
  try {
    return (await api.call({ path, answer: RecordingView })).connection;
  } catch (cause) {
    if (!(cause instanceof ApiRefused) || !unsaid.has(cause.problem.code)) throw cause;
    const message =
      '--connection: expected the one that the session is on, since the record does not tell you';
    throw new CliError('usage_invalid', message, { cause });
  }
}

const unsaid: ReadonlySet<string> = new Set(['auditor_required', 'recording_unknown']);
