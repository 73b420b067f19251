import { AlarmPage, AlarmReviewed, UnseenPage, type AlarmReviewInput } from '@drawbridge/contracts';
import type { Command } from 'commander';
import { exitCode, type ExitCode } from '../exit-code.js';
import { parseInstant } from '../input/duration.js';
import { parseLimit } from '../input/limit.js';
import { alarmTable, unseenTable } from '../output/alarm-text.js';
import {
  action,
  examples,
  sharedOptions,
  type CommandContext,
  type Registrar,
} from './command-context.js';

const MAX_LIMIT = 1_000;

interface SpanOptions {
  readonly since?: string;
  readonly until?: string;
  readonly connection?: string;
  readonly limit: string;
}

interface AlarmOptions extends SpanOptions {
  readonly state: string;
}

/** `drawbridge audit alarms`, `acknowledge` and `unseen` */
export function registerAlarms(registrar: Registrar, group: Command): void {
  registerList(registrar, group);
  registerAcknowledge(registrar, group);
  registerUnseen(registrar, group);
}

function registerList(registrar: Registrar, group: Command): void {
  const list = spanOptions(
    group
      .command('alarms')
      .summary('calls that are not on the record, and times in which it was not sealed')
      .description(
        'Lists calls that clusters saw with the credential of a gateway and that the record does not explain: somebody else has it. And times in which the record was not sealed.',
      ),
  )
    .option('-c, --connection <names>', 'lists may be given with commas')
    .option('--state <state>', 'open, reviewed or all', 'open')
    .addHelpText('after', examples(['drawbridge audit alarms', 'drawbridge audit alarms -o json']));
  sharedOptions(list).action(
    action(registrar, async (context) => {
      const { state, ...options } = list.opts<AlarmOptions>();
      const api = await context.part('audit');
      const query = { ...queryOf(options, context.now), state };
      const page = await api.call({ path: '/v1/audit/alarms', query, answer: AlarmPage });
      return show(context, page, alarmTable);
    }),
  );
}

function registerAcknowledge(registrar: Registrar, group: Command): void {
  const acknowledge = group
    .command('acknowledge')
    .summary('say what is known of an alarm')
    .description(
      'Says of an alarm that you know of it, and what came of it. It is not open any more.',
    )
    .argument('<id>', 'as `drawbridge audit alarms` shows it')
    .requiredOption('--comment <text>', 'what came of it')
    .addHelpText(
      'after',
      examples(['drawbridge audit acknowledge <id> --comment "token rotated, INC-4711"']),
    );
  sharedOptions(acknowledge).action(
    action(registrar, async (context, command) => {
      const [id = ''] = command.args;
      const body: AlarmReviewInput = command.opts<AlarmReviewInput>();
      const path = `/v1/audit/alarms/${encodeURIComponent(id)}/review`;
      const api = await context.part('audit');
      const { comment } = body;
      const answer = AlarmReviewed;
      const done = await api.call({ method: 'POST', path, body: { comment }, answer });
      context.show(done, () => `${done.id} is known\n`);
      return exitCode.ok;
    }),
  );
}

function registerUnseen(registrar: Registrar, group: Command): void {
  const unseen = spanOptions(
    group
      .command('unseen')
      .summary('commands that the log of their cluster does not have')
      .description(
        'Lists commands that were forwarded and that the log of their cluster does not have, of the last day if not told otherwise. Its audit policy may leave them out.',
      ),
  )
    .requiredOption('-c, --connection <name>', 'one that has clusterAudit')
    .addHelpText('after', examples(['drawbridge audit unseen -c prod-eks --since 1h']));
  sharedOptions(unseen).action(
    action(registrar, async (context) => {
      const api = await context.part('audit');
      const query = queryOf(unseen.opts<SpanOptions>(), context.now);
      const page = await api.call({ path: '/v1/audit/unseen', query, answer: UnseenPage });
      const code = show(context, page, unseenTable);
      if (!page.logSeen) {
        const whole =
          'so this is every command that was forwarded; docs/reconcile.md says how audit gets it';
        context.note(
          `the record has nothing of the log of ${query['connection'] ?? ''} in this time: ${whole}`,
        );
      }
      return code;
    }),
  );
}

const spanOptions = (command: Command): Command =>
  command
    .option('--since <time>', 'from then on: a time, or how long ago, e.g. 2h')
    .option('--until <time>', 'before then')
    .option('--limit <count>', `how many, at most ${MAX_LIMIT}`, '50');

function queryOf(
  { since, until, connection, limit }: SpanOptions,
  now: Date,
): Record<string, string | undefined> {
  return {
    connection,
    limit: String(parseLimit(limit, MAX_LIMIT)),
    since: since === undefined ? undefined : parseInstant(since, '--since', now),
    until: until === undefined ? undefined : parseInstant(until, '--until', now),
  };
}

interface Page<Item> {
  readonly items: readonly Item[];
  readonly more: boolean;
}

function show<Item>(
  context: CommandContext,
  page: Page<Item>,
  table: (items: readonly Item[], width?: number) => string,
): ExitCode {
  context.show(page, (width) =>
    page.items.length === 0 ? 'nothing found\n' : table(page.items, width),
  );
  if (page.more) context.note('there is more: --limit, --until');
  return exitCode.ok;
}
