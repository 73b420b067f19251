import {
  AuditCommand,
  AuditEvent,
  AuditHoldEvent,
  AuditStopEvent,
  AuditTrailItem,
} from '@drawbridge/contracts';
import type { Command } from 'commander';
import {
  commandTable,
  eventTable,
  holdEventTable,
  stopEventTable,
  trailTable,
} from '../output/audit-text.js';
import { action, examples, sharedOptions, type Registrar } from './command-context.js';
import { MAX_LIMIT, showAuditList, type Subject } from './show-audit-list.js';

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

/** `drawbridge audit commands`, `holds`, `stops`, `events` and `trail` */
export function registerLists(registrar: Registrar, group: Command): void {
  registerCommands(registrar, group);
  registerHolds(registrar, group);
  registerStops(registrar, group);
  registerEvents(registrar, group);
  registerTrail(registrar, group);
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
    action(registrar, (context) => showAuditList(context, commandSubject, commands.opts())),
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
    action(registrar, (context) => showAuditList(context, holdSubject, holds.opts())),
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
    action(registrar, (context) => showAuditList(context, stopSubject, stops.opts())),
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
    action(registrar, (context) => showAuditList(context, eventSubject, events.opts())),
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
    action(registrar, (context) => showAuditList(context, trailSubject, trail.opts())),
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
