import { UnusedPage } from '@drawbridge/contracts';
import type { Command } from 'commander';
import { CliError } from '../../cli-error.js';
import { exitCode, type ExitCode } from '../../exit-code.js';
import { parseLimit } from '../../input/limit.js';
import { neutraliseLines } from '../../output/neutralise.js';
import { unusedText } from '../../output/unused-text.js';
import {
  download,
  isFile,
  refuseFile,
  sayWhere,
  timesOf,
  type AnswerOptions,
  type Query,
} from './answer.js';
import { examples, type CommandContext, type Registrar } from '../command-context.js';
import { chosen, end, pick, questionOptions } from './question-options.js';

/** One page: what is proposed is for the grants that it shows. */
const MAX_GRANTS = 1000;

interface Given {
  readonly query: Query;
  readonly options: AnswerOptions & { readonly yaml?: true };
}

/** `drawbridge audit unused` */
export function registerUnused(registrar: Registrar, group: Command): void {
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

/** Asks which grants were wider than what was used, and shows them with what would have done. */
async function readUnused(context: CommandContext, { query, options }: Given): Promise<ExitCode> {
  const { output = 'table', file, cursor } = options;
  const whole = { ...query, ...timesOf(options, context.now) };
  if (options.yaml === true && options.output !== undefined) {
    throw new CliError('usage_invalid', '--yaml: without -o, since it is a form of its own');
  }
  if (isFile(output)) {
    await download(context, { path: 'unused', query: { ...whole, format: output }, file });
    return exitCode.ok;
  }
  refuseFile(file);
  const limit = String(parseLimit(options.limit ?? '100', MAX_GRANTS));
  const api = await context.part('audit');
  const page = await api.call({
    path: '/v1/audit/unused',
    query: { ...whole, cursor, limit },
    answer: UnusedPage,
  });
  if (options.yaml === true) {
    const documents = page.narrower.flatMap(({ yaml }) => yaml ?? []);
    context.terminal.out(documents.map(neutraliseLines).join('---\n'));
  } else {
    context.show(page, (width) => unusedText(page, width));
  }
  if (page.items.length === 0) sayWhere(context, page);
  if (page.nextCursor !== undefined) {
    context.note('there are more grants than these: --limit, or narrower filters');
  }
  return exitCode.ok;
}
