import { Command, CommanderError } from 'commander';
import { registerAgents } from './commands/agents.js';
import { registerApprovals } from './commands/approvals.js';
import { registerAudit } from './commands/audit.js';
import { registerWebhooks } from './commands/webhooks.js';
import { registerBridges } from './commands/bridges.js';
import { registerSessionOrders } from './commands/session.js';
import type { Registrar } from './commands/command-context.js';
import {
  registerApprove,
  registerDeny,
  registerRevoke,
  registerTakeBack,
} from './commands/decide.js';
import { registerExtend } from './commands/extend.js';
import { registerGrants } from './commands/grants.js';
import { registerHolds } from './commands/holds.js';
import { registerKubeconfig } from './commands/kubeconfig.js';
import { registerList } from './commands/list.js';
import { registerLogin } from './commands/login.js';
import { registerLogout } from './commands/logout.js';
import { registerPolicy } from './commands/policy.js';
import { registerAnswer, registerAsk } from './commands/questions.js';
import { registerReviews } from './commands/reviews.js';
import { registerRun } from './commands/run.js';
import { registerRequest } from './commands/request.js';
import { registerStatus } from './commands/status.js';
import { registerTrust } from './commands/trust.js';
import { registerWhoami } from './commands/whoami.js';
import { registerWithdraw } from './commands/withdraw.js';
import { exitCode, exitCodeMeanings, type ExitCode } from './exit-code.js';
import { failureOf, failureText } from './output/error-text.js';
import { neutralJson } from './output/neutralise.js';
import type { Terminal } from './terminal.js';

const registrations = [
  ...[registerLogin, registerLogout, registerWhoami],
  ...[registerRequest, registerStatus, registerList, registerWithdraw, registerAnswer],
  ...[registerExtend, registerRun, registerKubeconfig],
  ...[registerApprovals, registerApprove, registerDeny, registerTakeBack, registerAsk],
  ...[
    registerRevoke,
    registerGrants,
    registerHolds,
    registerBridges,
    registerAgents,
    registerSessionOrders,
  ],
  registerTrust,
  registerWebhooks,
  registerReviews,
  registerAudit,
  registerPolicy,
];

/** Runs one command line, without the program's name, and returns what the process ends with. */
export async function runProgram(terminal: Terminal, args: readonly string[]): Promise<ExitCode> {
  let code: ExitCode = exitCode.ok;
  const program = programOf(terminal);
  const end = (ended: ExitCode) => {
    code = ended;
  };
  const registrar: Registrar = { program, terminal, end };
  for (const register of registrations) register(registrar);
  settle(program);
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCode.ok;
    return fail(terminal, args, error);
  }
}

const programOf = (terminal: Terminal): Command =>
  new Command('drawbridge')
    .description(
      'Just-in-time access to Kubernetes: ask for one action, for minutes, and use plain kubectl while the bridge is down.',
    )
    .configureOutput({
      writeOut: terminal.out,
      // Errors are shown by fail(), in one place for all of them.
      writeErr: () => undefined,
    })
    .addHelpText('after', helpAfter());

/** Commander copies settings to a subcommand when it is made, and these are made before: once more for all. */
function settle(command: Command): void {
  command.exitOverride().showSuggestionAfterError(true).helpOption('-h, --help', 'show this help');
  for (const child of command.commands) {
    child.copyInheritedSettings(command);
    settle(child);
  }
}

function fail(terminal: Terminal, args: readonly string[], error: unknown): ExitCode {
  const { exitCode: code, ...failure } = failureOf(error);
  if (wantsJson(args)) terminal.out(`${neutralJson({ error: failure }, 2)}\n`);
  else terminal.note(failureText({ ...failure, exitCode: code }));
  return code;
}

/** Looked for by hand: the arguments may be the very thing that cannot be parsed. */
const wantsJson = (args: readonly string[]): boolean =>
  args.some(
    (arg, index) =>
      /^(-o=?|--output=)(json|jsonl)$/.test(arg) ||
      (/^(-o|--output)$/.test(arg) && /^jsonl?$/.test(args[index + 1] ?? '')),
  );

function helpAfter(): string {
  const codes = Object.entries(exitCodeMeanings).map(([code, meaning]) => `  ${code}  ${meaning}`);
  return [
    '',
    'Examples:',
    '  drawbridge login --server https://drawbridge.corp.example',
    '  drawbridge request deployment/checkout -c prod-eks -a rollout-restart -n payments \\',
    '    -d 15m -r "readiness probe failing" -t INC-4211 --wait',
    '  drawbridge kubeconfig -c prod-eks && kubectl rollout restart deployment/checkout -n payments',
    '',
    'Exit codes:',
    ...codes,
    '',
    'Every command takes -o json, which prints one JSON document on standard output, errors included.',
    'docs/cli.md describes every command, file and environment variable.',
  ].join('\n');
}
