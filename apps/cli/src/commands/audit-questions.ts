import {
  ActivityRow,
  ApprovalRow,
  ApproverRow,
  BlockedRow,
  CallRow,
  OffHoursRow,
  SessionDiffRow,
  TouchedRow,
} from '@drawbridge/contracts';
import type { Command } from 'commander';
import { CliError } from '../cli-error.js';
import {
  activityTable,
  approvalTable,
  approverTable,
  blockedTable,
  callTable,
  diffTable,
  offHoursTable,
  touchedTable,
} from '../output/record-answer-text.js';
import { callOfWords } from '../policy/kubectl-words.js';
import {
  questionOutputs,
  readAnswer,
  type AnswerOptions,
  type Query,
  type Subject,
} from './audit-answer.js';
import { readSearch } from './audit-search.js';
import { readUnused } from './audit-unused.js';
import { action, examples, sharedOptions, type Registrar, type Work } from './command-context.js';

/** The commands below `drawbridge audit` that each answer one question. */
export function registerQuestions(registrar: Registrar, group: Command): void {
  registerTouched(registrar, group);
  registerAgent(registrar, group);
  registerBlocked(registrar, group);
  registerOffHours(registrar, group);
  registerDiff(registrar, group);
  registerApprovals(registrar, group);
  registerUnused(registrar, group);
  registerSearch(registrar, group);
}

function registerTouched(registrar: Registrar, group: Command): void {
  const command = questionOptions(
    group
      .command('touched')
      .argument('<object...>', 'deployment/checkout, or pods/exec checkout-1')
      .summary('who touched an object')
      .description(
        'Tells which agents touched an object, by which grants. Creates do not name their object: they are listed as calls on the collection.',
      ),
  )
    .option('-n, --namespace <name>', 'left out of what belongs to no namespace')
    .addHelpText(
      'after',
      examples([
        'drawbridge audit touched deployment/checkout -n payments',
        'drawbridge audit touched secret/db -n payments --since 30d -o csv',
      ]),
    );
  const subject: Subject<TouchedRow> = { path: 'touched', row: TouchedRow, table: touchedTable };
  end(registrar, command, async (context, { args }) => {
    const { resource, subresource, apiGroup, name } = callOfWords(['get', ...args]);
    if (resource === undefined || name === undefined) {
      throw new CliError('usage_invalid', 'expected an object such as deployment/checkout');
    }
    const query = {
      resource: subresource === undefined ? resource : `${resource}/${subresource}`,
      name,
      group: apiGroup === '' ? 'core' : apiGroup,
      ...pick(command, ['namespace', ...chosen]),
    };
    return readAnswer(context, subject, { query, options: command.opts() });
  });
}

function registerAgent(registrar: Registrar, group: Command): void {
  const command = questionOptions(
    group
      .command('agent')
      .argument('<subject>', 'of the agent, or <issuer>#<subject>')
      .summary('what an agent did')
      .description('Tells what an agent did, last week if no time is given.'),
    ['connection'],
  )
    .option('-n, --namespace <names>')
    .option('--by <what>', 'kind of call, day, or grant', 'kind')
    .addHelpText('after', examples(['drawbridge audit agent agent-oncall --by day --since 30d']));
  const subject: Subject<ActivityRow> = {
    path: 'activity',
    row: ActivityRow,
    table: activityTable,
  };
  end(registrar, command, (context, { args: [agent] }) => {
    const query = { agent, ...pick(command, ['namespace', 'by', 'connection']) };
    return readAnswer(context, subject, { query, options: command.opts() });
  });
}

function registerBlocked(registrar: Registrar, group: Command): void {
  const command = questionOptions(
    group
      .command('blocked')
      .summary('what was refused, denied, held, masked or cut, by rule')
      .description(
        'Tells what grants refused, and guardrails denied, held, masked or cut, last week if no time is given.',
      ),
  )
    .option('--kind <kinds>', 'refused, denied, held, masked, cut')
    .option('--rule <names>', 'guardrail: <document>/<rule>')
    .option('--calls', 'list every call')
    .addHelpText(
      'after',
      examples([
        'drawbridge audit blocked --since 30d',
        'drawbridge audit blocked --calls --rule deletion/namespaces -o jsonl',
      ]),
    );
  const byRule: Subject<BlockedRow> = { path: 'blocked', row: BlockedRow, table: blockedTable };
  const byCall: Subject<CallRow> = { path: 'blocked', row: CallRow, table: callTable };
  end(registrar, command, (context) => {
    const query = pick(command, ['kind', 'rule', ...chosen]);
    const options = command.opts<AnswerOptions & { calls?: true }>();
    return options.calls === true
      ? readAnswer(context, byCall, { query: { ...query, by: 'call' }, options })
      : readAnswer(context, byRule, { query, options });
  });
}

function registerOffHours(registrar: Registrar, group: Command): void {
  const command = questionOptions(
    group
      .command('off-hours')
      .summary('what ran outside of business hours')
      .description('Tells what ran outside of business hours, last week if no time is given.'),
  )
    .option('--time-zone <name>', 'IANA name, e.g. Europe/Berlin; default: of this machine')
    .option('--days <days>', 'business days', 'mon,tue,wed,thu,fri')
    .option('--hours <hours>', 'business hours', '09:00-17:00')
    .option('--holidays <dates>', 'days without business, e.g. 2026-12-25')
    .option('--changes', 'only what changed something')
    .option('--calls', 'list every call')
    .addHelpText(
      'after',
      examples(['drawbridge audit off-hours --time-zone Europe/Berlin --hours 08:00-18:00']),
    );
  const byAgent: Subject<OffHoursRow> = {
    path: 'off-hours',
    row: OffHoursRow,
    table: offHoursTable,
  };
  const byCall: Subject<CallRow> = { path: 'off-hours', row: CallRow, table: callTable };
  end(registrar, command, (context) => {
    const options = command.opts<
      AnswerOptions & { calls?: true; changes?: true; timeZone?: string }
    >();
    const query = {
      ...pick(command, ['days', 'hours', 'holidays', ...chosen]),
      timeZone: options.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
      ...(options.changes === true ? { changes: 'true' } : {}),
    };
    return options.calls === true
      ? readAnswer(context, byCall, { query: { ...query, by: 'call' }, options })
      : readAnswer(context, byAgent, { query, options });
  });
}

function registerDiff(registrar: Registrar, group: Command): void {
  const command = questionOptions(
    group
      .command('diff')
      .argument('<grant>')
      .argument('<other-grant>')
      .summary('what two sessions did, and only one of them')
      .description('Compares the commands of two grants by kind, with counts and outcomes.'),
    [],
  )
    .option('--ignore <parts>', 'what may differ: namespace, name')
    .addHelpText('after', examples(['drawbridge audit diff <grant> <grant> --ignore name']));
  const subject: Subject<SessionDiffRow> = { path: 'diff', row: SessionDiffRow, table: diffTable };
  end(registrar, command, (context, { args: [one, other] }) => {
    const query = { one, other, ...pick(command, ['ignore']) };
    return readAnswer(context, subject, { query, options: command.opts() });
  });
}

function registerApprovals(registrar: Registrar, group: Command): void {
  const command = questionOptions(
    group
      .command('approvals')
      .summary('who approved what, and how long it took')
      .description(
        'Tells how people decided and how long it took, in the last 30 days if no time is given.',
      ),
  )
    .option('--approver <who>', 'e-mail address or subject')
    .option('--requests', 'list every request, and each extension of its grant')
    .addHelpText(
      'after',
      examples(['drawbridge audit approvals', 'drawbridge audit approvals --requests --since 7d']),
    );
  const byPerson: Subject<ApproverRow> = {
    path: 'approvals',
    row: ApproverRow,
    table: approverTable,
  };
  const byRequest: Subject<ApprovalRow> = {
    path: 'approvals',
    row: ApprovalRow,
    table: approvalTable,
  };
  end(registrar, command, (context) => {
    const query = pick(command, ['approver', ...chosen]);
    const options = command.opts<AnswerOptions & { requests?: true }>();
    return options.requests === true
      ? readAnswer(context, byRequest, { query: { ...query, by: 'request' }, options })
      : readAnswer(context, byPerson, { query, options });
  });
}

function registerUnused(registrar: Registrar, group: Command): void {
  const command = questionOptions(
    group
      .command('unused')
      .summary('grants that were wider than what was used, and what would have done')
      .description(
        'Tells what grants allowed and nobody used, in the last 30 days if no time is given, and proposes narrower actions.',
      ),
  )
    .option('--grant <ids>', 'only these')
    .option('--policy <names>')
    .option('--action <names>')
    .option('--yaml', 'print the proposed actions alone, ready for a pull request')
    .addHelpText(
      'after',
      examples(['drawbridge audit unused --policy oncall --limit 1000 --yaml > narrower.yaml']),
    );
  end(registrar, command, (context) =>
    readUnused(context, {
      query: pick(command, ['grant', 'policy', 'action', ...chosen]),
      options: command.opts(),
    }),
  );
}

function registerSearch(registrar: Registrar, group: Command): void {
  const command = questionOptions(
    group
      .command('search')
      .argument('<text>', 'at least four characters, as they are; their case does not matter')
      .summary('calls and sessions with a text in them')
      .description(
        'Finds a text in the bodies of calls, and in what sessions showed and were typed, in the last week if no time is given. Whose excerpts are shown is recorded.',
      ),
  )
    .option('--in <where>', 'bodies, terminal', 'bodies,terminal')
    .option('-n, --namespace <names>')
    .addHelpText(
      'after',
      examples([
        'drawbridge audit search "rm -rf" --in terminal',
        'drawbridge audit search 10.0.7.12 --agent agent-oncall --since 30d -o csv',
      ]),
    );
  end(registrar, command, (context, { args: [text] }) =>
    readSearch(context, {
      query: { text, ...pick(command, ['in', 'namespace', ...chosen]) },
      options: command.opts(),
    }),
  );
}

const chosen = ['agent', 'connection'] as const;

/** The options of every question, and those of `filters`. */
export function questionOptions(
  command: Command,
  filters: readonly ('agent' | 'connection')[] = chosen,
): Command {
  command
    .option('--since <time>', 'from then on: a time, or how long ago, e.g. 2h')
    .option('--until <time>', 'before then');
  if (filters.includes('agent')) {
    command.option('--agent <subject>', 'subject, or <issuer>#<subject>');
  }
  if (filters.includes('connection')) {
    command.option('-c, --connection <names>', 'lists may be given with commas');
  }
  return command
    .option('--limit <count>', 'how many rows, of table and json', '100')
    .option('--cursor <cursor>', '"nextCursor" of the page before, as -o json prints it')
    .option('--file <path>', 'write the answer there');
}

/** Options that go to the server as they are, by their names there. */
export function pick(command: Command, names: readonly string[]): Query {
  const options = command.opts<Readonly<Record<string, unknown>>>();
  return Object.fromEntries(
    names.map((name) => {
      const value = options[name];
      return [name, typeof value === 'string' ? value : undefined];
    }),
  );
}

export function end(registrar: Registrar, command: Command, work: Work): void {
  sharedOptions(command, questionOutputs).action(action(registrar, work));
}
