import { Option, type Command } from 'commander';
import { exitCode, type ExitCode } from '../exit-code.js';
import { describeCall, type ExplainOptions } from '../input/described-call.js';
import { explanationText, testReportText } from '../output/policy-text.js';
import {
  action,
  examples,
  type CommandContext,
  type Registrar,
  type SharedOptions,
} from './command-context.js';
import { registerDiff } from './policy-diff.js';

/** `drawbridge policy test` and `explain`, which work on files without a server, and `diff`, which reads the record. */
export function registerPolicy(registrar: Registrar): void {
  const group = registrar.program
    .command('policy')
    .summary('test guardrails, explain what they say of a call, and compare them')
    .description(
      'Tests guardrails, explains what they say of a call, and what they would have said.',
    );
  registerTest(registrar, group);
  registerExplain(registrar, group);
  registerDiff(registrar, group);
}

const output = () =>
  new Option('-o, --output <format>', 'print the result in this format').choices(['json', 'text']);

function registerTest(registrar: Registrar, group: Command): void {
  group
    .command('test <directory>')
    .summary('run the *.test.yaml files of a directory against its guardrails')
    .description(
      'Loads the guardrails of a directory, checks every field and expression, and runs the tests beside them.',
    )
    .option('--all-rules', 'fail for a rule without a call that it catches, or without a near miss')
    .addOption(output())
    .addHelpText('after', examples(['drawbridge policy test infra/guardrails --all-rules']))
    .action(action(registrar, test));
}

interface TestOptions extends SharedOptions {
  readonly allRules?: true;
}

async function test(context: CommandContext, command: Command): Promise<ExitCode> {
  const { allRules } = command.opts<TestOptions>();
  // The language of expressions is loaded by no other command.
  const { testPolicies } = await import('../policy/test-policies.js');
  const report = await testPolicies(command.args[0] ?? '');
  context.show(report, () => testReportText(report));
  const { caught, missed } = report.untested;
  const isIncomplete = allRules === true && caught.length + missed.length > 0;
  return report.failures.length > 0 || isIncomplete ? exitCode.error : exitCode.ok;
}

const several = (value: string, before: readonly string[]): readonly string[] => [...before, value];

function registerExplain(registrar: Registrar, group: Command): void {
  const command = group
    .command('explain <words...>')
    .summary('say what guardrails decide on a call, and why')
    .description(
      'Says what guardrails decide on a call that a grant allows. Ends with 0 for allow, 4 for deny or hold.',
    )
    .requiredOption(
      '--config <directory>',
      'directory with guardrails, and with connections or none',
    )
    .option('-n, --namespace <name>', 'namespace of the call')
    .option('--object <file>', 'the object as it will be, YAML or JSON')
    .option('--old-object <file>', 'the object as it is')
    .option('--dry-run', 'the call asks for a dry-run')
    .option('--field-manager <name>', 'field manager of the call')
    .option('--content-type <type>', 'media type of the body')
    .option('--container <name>', 'container of an exec')
    .option('--tty', 'an exec with a terminal')
    .option('--stdin', 'an exec with input');
  identityOptions(command)
    .addOption(output())
    .addHelpText(
      'after',
      examples([
        'drawbridge policy explain --config infra/guardrails delete namespace payments',
        'drawbridge policy explain --config infra/guardrails -n payments exec web-0 -- bash -l',
        'drawbridge policy explain --config infra/guardrails -n payments create pod --object pod.yaml',
      ]),
    )
    .action(action(registrar, explain));
}

const identityOptions = (command: Command): Command =>
  command
    .option('--connection <name>', 'connection; environment and labels come from its document')
    .option('--environment <name>', 'environment of the connection')
    .option('--label <name=value>', 'label of the connection; several', several, [])
    .option('--agent <subject>', 'subject of the agent')
    .option('--issuer <url>', 'issuer of its token')
    .option('--group <name>', 'group of the agent; several', several, [])
    .option('--owner <who>', 'owner of the agent')
    .option('--claim <name=value>', 'claim of its token; several', several, [])
    .option('--action <name>', 'action that was granted')
    .option('--policy <name>', 'policy by which it was granted')
    .option('--approver <who>', 'human who approved the grant; several', several, [])
    .option('--ticket <id>', 'ticket of the request')
    .option('--at <instant>', 'when the call comes; otherwise now');

async function explain(context: CommandContext, command: Command): Promise<ExitCode> {
  const options = command.opts<ExplainOptions>();
  const [{ readPolicies, readObject }, { callOfWords }, { explainCall }] = await Promise.all([
    import('../policy/policy-files.js'),
    import('../policy/kubectl-words.js'),
    import('../policy/explain-call.js'),
  ]);
  const described = describeCall(callOfWords(command.args), options, context.now);
  const read = async (file: string | undefined) =>
    file === undefined ? undefined : await readObject(file);
  const explanation = explainCall(await readPolicies(options.config), described, {
    object: await read(options.object),
    oldObject: await read(options.oldObject),
  });
  context.show(explanation, () => explanationText(explanation));
  const { effect } = explanation.decision;
  return effect === 'deny' || effect === 'hold' ? exitCode.denied : exitCode.ok;
}
