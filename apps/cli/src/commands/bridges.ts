import {
  BridgesView,
  RaisedView,
  type RaiseInput,
  type ReleaseInput,
  type StopTarget,
} from '@drawbridge/contracts';
import { CliError } from '../cli-error.js';
import { exitCode } from '../exit-code.js';
import { onlyIssuer } from '../input/only-issuer.js';
import { bridgesTable, raisedText } from '../output/bridges-text.js';
import {
  action,
  examples,
  sharedOptions,
  type CommandContext,
  type Registrar,
} from './command-context.js';
import type { Command } from 'commander';

interface TargetOptions {
  readonly all?: boolean;
  readonly connection?: string;
  readonly agent?: string;
  readonly issuer?: string;
  readonly reason: string;
}

interface RaiseOptions extends TargetOptions {
  readonly once?: boolean;
  readonly evenIfUnknown?: boolean;
}

/** `drawbridge bridges raise`, `release` and `status` */
export function registerBridges(registrar: Registrar): void {
  const bridges = registrar.program
    .command('bridges')
    .summary('raise all bridges at once, and release them')
    .description(
      'Ends every open grant at once: all there are, those to one cluster, or those of one agent.',
    );
  const inGroup = { ...registrar, program: bridges };
  registerRaise(inGroup);
  registerRelease(inGroup);
  registerStatus(inGroup);
}

function registerRaise(registrar: Registrar): void {
  const command = targetOptions(
    registrar.program
      .command('raise')
      .summary('end open grants at once, and grant nothing until a release')
      .description(
        'Raises bridges: open grants there end within a second, their streams too, and nothing is granted until they are released. All bridges: for administrators.',
      ),
  )
    .option('--once', 'only end what is open now; new requests are judged as ever')
    .option('--even-if-unknown', 'also those of an agent that has never asked for anything')
    .addHelpText(
      'after',
      examples([
        'drawbridge bridges raise --all -r "an agent deletes what it should not"',
        'drawbridge bridges raise -c prod-eks --once -r "the cluster is being restored"',
        'drawbridge bridges raise --agent agent-oncall -r "its token was found in a log"',
      ]),
    );
  sharedOptions(command).action(
    action(registrar, async (context, shown) => {
      const { once = false, evenIfUnknown = false, ...options } = shown.opts<RaiseOptions>();
      const target = await targetOf(context, options);
      const { reason } = options;
      const body: RaiseInput = {
        ...{ target, reason, keep: !once },
        ...(evenIfUnknown && { evenIfUnknown }),
      };
      const api = await context.part('approvals');
      const path = '/v1/bridges/raise';
      const raised = await api.call({ method: 'POST', path, body, answer: RaisedView });
      context.show(raised, () => raisedText(raised));
      return exitCode.ok;
    }),
  );
}

function registerRelease(registrar: Registrar): void {
  const command = targetOptions(
    registrar.program
      .command('release')
      .summary('let grants be issued again')
      .description(
        'Releases raised bridges. What had ended stays ended; new requests are judged as ever. For administrators, and for who raised them.',
      ),
  ).addHelpText('after', examples(['drawbridge bridges release --all -r "found and mended"']));
  sharedOptions(command).action(
    action(registrar, async (context, shown) => {
      const options = shown.opts<TargetOptions>();
      const target = await targetOf(context, options);
      const body: ReleaseInput = { target, reason: options.reason };
      const api = await context.part('approvals');
      const path = '/v1/bridges/release';
      const left = await api.call({ method: 'POST', path, body, answer: BridgesView });
      context.show(left, () => `released; ${bridgesTable(left)}`);
      return exitCode.ok;
    }),
  );
}

function registerStatus(registrar: Registrar): void {
  const command = registrar.program
    .command('status')
    .summary('show which bridges are raised')
    .description('Lists the bridges that stay raised until somebody releases them.');
  sharedOptions(command).action(
    action(registrar, async (context) => {
      const api = await context.part('approvals');
      const raised = await api.call({ path: '/v1/bridges', answer: BridgesView });
      context.show(raised, () => bridgesTable(raised));
      return exitCode.ok;
    }),
  );
}

const targetOptions = (command: Command): Command =>
  command
    .option('--all', 'all bridges')
    .option('-c, --connection <name>', 'those to one cluster')
    .option('--agent <subject>', 'those of one agent')
    .option('--issuer <url>', 'issuer of --agent, where there are several')
    .requiredOption('-r, --reason <text>', 'why; recorded, and told to people');

/** Exactly one: what is raised by accident is an outage. */
async function targetOf(context: CommandContext, options: TargetOptions): Promise<StopTarget> {
  const { all = false, connection, agent, issuer } = options;
  const named = [all || undefined, connection, agent].filter((one) => one !== undefined);
  if (named.length !== 1) {
    throw new CliError('usage_invalid', 'name one of --all, --connection and --agent');
  }
  if (connection !== undefined) return { connection };
  if (agent === undefined) return 'all';
  return { agent: { issuer: issuer ?? (await onlyIssuer(context)), subject: agent } };
}
