import { Option, type Command } from 'commander';
import { CliError } from '../cli-error.js';
import { exitCode, type ExitCode } from '../exit-code.js';
import { parseInstant } from '../input/duration.js';
import { neutralJson } from '../output/neutralise.js';
import { policyDiffText } from '../output/policy-diff-text.js';
import type { DiffReport } from '../policy-diff/diff-report.js';
import {
  action,
  examples,
  sharedOptions,
  type CommandContext,
  type Registrar,
  type SharedOptions,
} from './command-context.js';

const MAX_LIMIT = 10_000;

interface DiffOptions extends SharedOptions {
  readonly config: string;
  readonly against?: string;
  readonly since: string;
  readonly until?: string;
  readonly connection?: string;
  readonly agent?: string;
  readonly namespace?: string;
  readonly limit: string;
  readonly exitCode?: true;
}

/** `drawbridge policy diff`: reads the record, so it is for auditors. */
export function registerDiff(registrar: Registrar, group: Command): void {
  const command = group
    .command('diff')
    .summary('say what changed guardrails would have decided on recorded commands')
    .description(
      'Judges recorded commands by changed guardrails, and shows every decision that would have been another one. Bodies are not recorded, only which rules were met: with the guardrails of then as --against, a rule whose condition has not changed is told by that; otherwise it cannot be told, and is not guessed. For humans in a group of auditors.',
    )
    .requiredOption('--config <directory>', 'the changed guardrails, and connections')
    .addOption(
      new Option('--against <directory>', 'other guardrails to compare with').conflicts('recorded'),
    )
    .option('--recorded', 'compare with what was decided then; so it is without --against')
    .option('--since <time>', 'from then on: a time, or how long ago', '7d')
    .option('--until <time>', 'before then; otherwise now')
    .option('-c, --connection <names>', 'only these connections')
    .option('--agent <subject>', 'only this agent')
    .option('-n, --namespace <names>', 'only these namespaces')
    .option('--limit <count>', `how many decisions to show, at most ${MAX_LIMIT}`, '100')
    .option('--exit-code', 'end with 1 when a decision would have been another one')
    .addHelpText(
      'after',
      examples([
        'drawbridge policy diff --config new/ --since 7d',
        'drawbridge policy diff --config new/ --against infra/guardrails --exit-code',
      ]),
    );
  sharedOptions(command, ['table', 'json', 'jsonl']).action(
    action(registrar, (context) => diff(context, command.opts<DiffOptions>())),
  );
}

async function diff(context: CommandContext, options: DiffOptions): Promise<ExitCode> {
  const limit = parseLimit(options.limit);
  const since = parseInstant(options.since, '--since', context.now);
  const until =
    options.until === undefined
      ? context.now.toISOString()
      : parseInstant(options.until, '--until', context.now);
  const [{ readPolicies }, { policySide }, { diffPolicies }, { AuditReader }] = await Promise.all([
    import('../policy/policy-files.js'),
    import('../policy-diff/policy-side.js'),
    import('../policy-diff/diff-policies.js'),
    import('../policy-diff/audit-reader.js'),
  ]);
  const changed = await readPolicies(options.config);
  const other = options.against === undefined ? undefined : await readPolicies(options.against);
  const { connection, agent, namespace } = options;
  const report = await diffPolicies(new AuditReader(() => context.part('audit')), {
    after: policySide(changed, other?.connections),
    before: other === undefined ? undefined : policySide(other, changed.connections),
    ...{ since, until, filter: { connection, agent, namespace }, limit },
    ...(options.output === 'jsonl' && {
      onDecision: (decision) => context.terminal.out(`${neutralJson(decision)}\n`),
    }),
  });
  show(context, report, options);
  return options.exitCode === true && report.changed > 0 ? exitCode.error : exitCode.ok;
}

function show(context: CommandContext, report: DiffReport, { output }: DiffOptions): void {
  if (output !== 'jsonl') {
    context.show(report, () => policyDiffText(report));
    return;
  }
  const { commands, changed, untold } = report;
  context.note(`${commands} commands: ${changed} changed, ${untold} cannot be told`);
}

function parseLimit(text: string): number {
  const limit = /^\d{1,5}$/.test(text) ? Number(text) : MAX_LIMIT + 1;
  if (limit <= MAX_LIMIT) return limit;
  throw new CliError('usage_invalid', `--limit: expected a number from 0 to ${MAX_LIMIT}`);
}
