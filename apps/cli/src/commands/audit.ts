import {
  AuditCommand,
  AuditEvent,
  AuditHoldEvent,
  AuditStopEvent,
  AuditTrailItem,
} from '@drawbridge/contracts';
import type { Command } from 'commander';
import { z } from 'zod';
import { exitCode, type ExitCode } from '../exit-code.js';
import { parseInstant } from '../input/duration.js';
import { parseLimit } from '../input/limit.js';
import {
  commandTable,
  eventTable,
  holdEventTable,
  stopEventTable,
  trailTable,
} from '../output/audit-text.js';
import { neutralJson } from '../output/neutralise.js';
import { registerAlarms } from './audit-alarms.js';
import { registerQuestions } from './audit-questions.js';
import { registerPlay } from './audit-play.js';
import { registerBody } from './audit-body.js';
import { registerExport } from './audit-export.js';
import { registerRerun } from './audit-rerun.js';
import { registerSession } from './audit-session.js';
import { registerProve } from './audit-prove.js';
import { registerVerify } from './audit-verify.js';
import { registerSinks } from './audit-sinks.js';
import {
  action,
  examples,
  sharedOptions,
  type CommandContext,
  type Registrar,
  type SharedOptions,
} from './command-context.js';

const PAGE = 1000;
const MAX_LIMIT = 100_000;

interface AuditOptions extends SharedOptions {
  readonly since?: string;
  readonly until?: string;
  readonly limit: string;
  readonly cursor?: string;
  readonly oldestFirst?: true;
  readonly [filter: string]: string | boolean | undefined;
}

interface Subject<Item> {
  readonly path: string;
  /** Options that go to the server as they are, by their names there. */
  readonly filters: readonly string[];
  readonly item: z.ZodType<Item>;
  readonly table: (items: readonly Item[], width?: number) => string;
  /** What somebody may want to type next. */
  readonly next?: string;
}

const commandSubject: Subject<AuditCommand> = {
  path: '/v1/audit/commands',
  filters: [
    ...['request', 'grant', 'agent', 'connection', 'namespace', 'verb', 'resource', 'name'],
    ...['decision', 'rule', 'hold', 'policy', 'reason', 'outcome', 'status'],
  ],
  item: AuditCommand,
  table: commandTable,
  next: 'what one said: drawbridge audit body <command>; exec, logs, watches: drawbridge audit play <command>',
};

const eventSubject: Subject<AuditEvent> = {
  path: '/v1/audit/events',
  filters: ['request', 'grant', 'agent', 'connection', 'type', 'actor'],
  item: AuditEvent,
  table: eventTable,
  next: 'one as a story: drawbridge audit session <access request>',
};

const holdSubject: Subject<AuditHoldEvent> = {
  path: '/v1/audit/holds',
  filters: ['hold', 'request', 'grant', 'agent', 'connection', 'rule', 'type', 'actor'],
  item: AuditHoldEvent,
  table: holdEventTable,
  next: 'the calls that waited: drawbridge audit commands --hold <hold>',
};

const stopSubject: Subject<AuditStopEvent> = {
  path: '/v1/audit/stops',
  filters: ['agent', 'connection', 'type', 'actor'],
  item: AuditStopEvent,
  table: stopEventTable,
};

const trailSubject: Subject<AuditTrailItem> = {
  path: '/v1/audit/trail',
  filters: ['command', 'grant', 'connection', 'type', 'actor'],
  item: AuditTrailItem,
  table: trailTable,
};

/** `drawbridge audit commands`, `holds`, `stops`, `events`, `trail`, `session`, `body` and `sinks` */
export function registerAudit(registrar: Registrar): void {
  const group = registrar.program
    .command('audit')
    .summary('read the record: commands, holds, stops and events, and ask it questions')
    .description(
      'Reads the record. For humans in a group of auditors; owners of agents see what is of their agents.',
    );
  registerCommands(registrar, group);
  registerHolds(registrar, group);
  registerStops(registrar, group);
  registerEvents(registrar, group);
  registerTrail(registrar, group);
  registerSession(registrar, group);
  registerBody(registrar, group);
  registerExport(registrar, group);
  registerRerun(registrar, group);
  registerQuestions(registrar, group);
  registerVerify(registrar, group);
  registerProve(registrar, group);
  registerSinks(registrar, group);
  registerPlay(registrar, group);
  registerAlarms(registrar, group);
}

function registerCommands(registrar: Registrar, group: Command): void {
  const commands = filterOptions(
    group
      .command('commands')
      .summary('Kubernetes calls and what became of them')
      .description('Lists commands: one line for each Kubernetes call, allowed or refused.'),
  )
    .option('-n, --namespace <names>')
    .option('--verb <verbs>', 'get, list, patch, …')
    .option('--resource <resources>', 'pods, or pods/log')
    .option('--name <name>', 'name of the object')
    .option('--decision <effect>', 'allow, deny; denied by a guardrail, held, masked')
    .option('--rule <names>', 'guardrail that was met: <document>/<rule>')
    .option('--hold <id>', 'the hold that it waited for')
    .option('--policy <versions>', 'version of the guardrails')
    .option('--reason <codes>', 'why it was allowed or refused')
    .option(
      '--outcome <outcomes>',
      'in_flight, completed, cut, client_gone, upstream_failed, refused',
    )
    .option('--status <codes>', 'HTTP status: 403, or 4xx')
    .addHelpText(
      'after',
      examples([
        'drawbridge audit commands --since 1h --decision deny',
        'drawbridge audit commands --since 7d --rule deletion/namespaces',
        'drawbridge audit commands --request <id> -o jsonl --limit 10000',
      ]),
    );
  sharedOptions(commands, outputs).action(
    action(registrar, (context) => read(context, commandSubject, commands.opts())),
  );
}

function registerHolds(registrar: Registrar, group: Command): void {
  const holds = filterOptions(
    group
      .command('holds')
      .summary('held calls, and who decided them')
      .description('Lists events of held calls: held, approved, denied, released.'),
  )
    .option('--hold <id>', 'one hold')
    .option('--rule <names>', 'guardrail that held: <document>/<rule>')
    .option('--type <types>', 'CommandHeld, HoldApproved, CommandReleased, …')
    .option('--actor <id>', 'who caused it: <issuer>#<subject>, or a service')
    .addHelpText('after', examples(['drawbridge audit holds --hold <id> --oldest-first']));
  sharedOptions(holds, outputs).action(
    action(registrar, (context) => read(context, holdSubject, holds.opts())),
  );
}

function registerStops(registrar: Registrar, group: Command): void {
  const stops = pageOptions(
    group
      .command('stops')
      .summary('raised bridges and disabled agents')
      .description('Lists who raised and released bridges, disabled and enabled agents, and why.'),
  )
    .option('--type <types>', 'BridgesRaised, BridgesReleased, AgentDisabled, AgentEnabled')
    .option('--actor <id>', 'who did it: <issuer>#<subject>')
    .addHelpText('after', examples(['drawbridge audit stops --since 7d']));
  sharedOptions(stops, outputs).action(
    action(registrar, (context) => read(context, stopSubject, stops.opts())),
  );
}

function registerEvents(registrar: Registrar, group: Command): void {
  const events = filterOptions(
    group
      .command('events')
      .summary('what happened to access requests and grants')
      .description('Lists events of access requests and their grants.'),
  )
    .option('--type <types>', 'AccessRequested, GrantIssued, …')
    .option('--actor <id>', 'who caused it: <issuer>#<subject>, or a service')
    .addHelpText('after', examples(['drawbridge audit events --request <id> --oldest-first']));
  sharedOptions(events, outputs).action(
    action(registrar, (context) => read(context, eventSubject, events.opts())),
  );
}

function registerTrail(registrar: Registrar, group: Command): void {
  const trail = spanOptions(
    group
      .command('trail')
      .summary('who was shown which recording, and which alarms there were')
      .description(
        'Lists what audit itself put on the record: who was shown which recording, what clusters saw that is not on it.',
      ),
  )
    .option('--command <id>', 'the command that was recorded, or whose id an alarm is about')
    .option('--grant <id>')
    .option('--type <types>', 'RecordingViewed, UnrecordedCallFound, SealingStopped, …')
    .option('--actor <id>', 'who looked: <issuer>#<subject>')
    .addHelpText('after', examples(['drawbridge audit trail --command <id>']));
  sharedOptions(trail, outputs).action(
    action(registrar, (context) => read(context, trailSubject, trail.opts())),
  );
}

const outputs = ['table', 'json', 'jsonl'];

const filterOptions = (command: Command): Command =>
  pageOptions(command).option('--request <id>', 'access request').option('--grant <id>');

const pageOptions = (command: Command): Command =>
  spanOptions(command).option('--agent <subject>', 'subject, or <issuer>#<subject>');

const spanOptions = (command: Command): Command =>
  command
    .option('--since <time>', 'from then on: a time, or how long ago, e.g. 2h')
    .option('--until <time>', 'before then')
    .option('-c, --connection <names>', 'lists may be given with commas')
    .option('--limit <count>', `how many, at most ${MAX_LIMIT}`, '50')
    .option('--oldest-first', 'begin with the oldest')
    .option('--cursor <cursor>', '"nextCursor" of the page before, as -o json prints it');

async function read<Item>(
  context: CommandContext,
  subject: Subject<Item>,
  options: AuditOptions,
): Promise<ExitCode> {
  const limit = parseLimit(options.limit, MAX_LIMIT);
  const query = queryOf(subject.filters, options, context.now);
  const api = await context.part('audit');
  const answer = z.object({ items: z.array(subject.item), nextCursor: z.string().optional() });
  const items: Item[] = [];
  let cursor = options.cursor;
  do {
    const page = await api.call({
      path: subject.path,
      query: { ...query, cursor, limit: String(Math.min(PAGE, limit - items.length)) },
      answer,
    });
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined && items.length < limit);
  show(context, { output: options.output, items, cursor, subject });
  return exitCode.ok;
}

interface Found<Item> {
  readonly output?: string | undefined;
  readonly items: readonly Item[];
  readonly cursor: string | undefined;
  readonly subject: Subject<Item>;
}

function show<Item>(
  context: CommandContext,
  { output, items, cursor, subject: { table, next } }: Found<Item>,
): void {
  if (output === 'jsonl') {
    for (const item of items) context.terminal.out(`${neutralJson(item)}\n`);
    return;
  }
  const result = { items, ...(cursor === undefined ? {} : { nextCursor: cursor }) };
  context.show(result, (width) => (items.length === 0 ? 'nothing found\n' : table(items, width)));
  if (items.length > 0 && next !== undefined) context.hint(next);
  if (cursor !== undefined) context.note('there is more: --limit, or narrower filters');
}

function queryOf(
  names: readonly string[],
  options: AuditOptions,
  now: Date,
): Record<string, string | undefined> {
  const { since, until, oldestFirst } = options;
  const text = (name: string) => {
    const value = options[name];
    return typeof value === 'string' ? value : undefined;
  };
  return {
    ...Object.fromEntries(names.map((name) => [name, text(name)])),
    since: since === undefined ? undefined : parseInstant(since, '--since', now),
    until: until === undefined ? undefined : parseInstant(until, '--until', now),
    order: oldestFirst === true ? 'asc' : undefined,
  };
}
