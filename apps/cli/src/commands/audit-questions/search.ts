import { SearchPage, type SearchRow, type Unsearched } from '@drawbridge/contracts';
import type { Command } from 'commander';
import { exitCode, type ExitCode } from '../../exit-code.js';
import { parseLimit } from '../../input/limit.js';
import { neutralise } from '../../output/neutralise.js';
import { searchTable, unsearchedText } from '../../output/search-text.js';
import {
  download,
  isFile,
  PAGE,
  MAX_LIMIT,
  refuseFile,
  sayWhere,
  timesOf,
  type AnswerOptions,
  type Query,
} from './answer.js';
import { examples, type CommandContext, type Registrar } from '../command-context.js';
import { chosen, end, pick, questionOptions } from './question-options.js';

/** One page takes as long as the server searches for it. */
const WAIT_MS = 30_000;
const MAX_NAMED = 20;

interface Given {
  readonly query: Query;
  readonly options: AnswerOptions;
}

/** `drawbridge audit search` */
export function registerSearch(registrar: Registrar, group: Command): void {
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

/** Searches the record, and says what could not be searched. */
async function readSearch(context: CommandContext, { query, options }: Given): Promise<ExitCode> {
  const { output = 'table', file } = options;
  const whole = { ...query, ...timesOf(options, context.now) };
  if (isFile(output)) {
    const seen = (headers: Headers) => sayUnsearched(context, headers.get('drawbridge-unsearched'));
    const asked = { path: 'search', query: { ...whole, format: output }, file, seen };
    await download(context, asked);
    return exitCode.ok;
  }
  refuseFile(file);
  const answer = await pages(context, whole, options);
  context.show(answer, (width) =>
    answer.items.length === 0 ? 'nothing found\n' : searchTable(answer.items, width),
  );
  if (answer.items.length === 0) sayWhere(context, answer);
  else
    context.hint('all of it: drawbridge audit body <command>, or drawbridge audit play <command>');
  sayUnsearched(context, unsearchedText(answer.unsearched));
  if (answer.nextCursor !== undefined) {
    context.note('there is more: --limit, or narrower filters');
  }
  return exitCode.ok;
}

function sayUnsearched(context: CommandContext, text: string | null): void {
  if (text === null || text === '') return;
  context.note(`not searched, or not all of it: ${neutralise(text)}`);
}

/** Pages until there are as many rows as wanted; one may have none, and more behind it. */
async function pages(
  context: CommandContext,
  query: Query,
  options: AnswerOptions,
): Promise<SearchPage> {
  const limit = parseLimit(options.limit ?? '100', MAX_LIMIT);
  const api = await context.part('audit');
  const items: SearchRow[] = [];
  let unsearched: readonly Unsearched[] = [];
  for (let cursor = options.cursor; ;) {
    const { nextCursor, ...page } = await api.call({
      path: '/v1/audit/search',
      query: { ...query, cursor, limit: String(Math.min(PAGE, limit - items.length)) },
      waitMs: WAIT_MS,
      answer: SearchPage,
    });
    items.push(...page.items);
    unsearched = together(unsearched, page.unsearched);
    cursor = nextCursor;
    const answer = { ...page, items, unsearched: [...unsearched] };
    if (cursor === undefined) return answer;
    if (items.length >= limit) return { ...answer, nextCursor: cursor };
  }
}

/** Of all pages. */
function together(some: readonly Unsearched[], others: readonly Unsearched[]): Unsearched[] {
  const byReason = Map.groupBy([...some, ...others], ({ reason }) => reason);
  return [...byReason].map(([reason, parts]) => ({
    reason,
    count: parts.reduce((sum, { count }) => sum + count, 0),
    commandIds: parts.flatMap(({ commandIds }) => commandIds).slice(0, MAX_NAMED),
  }));
}
