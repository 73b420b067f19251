import { UnusedPage } from '@drawbridge/contracts';
import { exitCode, type ExitCode } from '../exit-code.js';
import { neutraliseLines } from '../output/neutralise.js';
import { unusedText } from '../output/record-answer-text.js';
import {
  download,
  isFile,
  parseLimit,
  refuseFile,
  timesOf,
  type AnswerOptions,
  type Query,
} from './audit-answer.js';
import type { CommandContext } from './command-context.js';

/** One page: what is proposed is for the grants that it shows. */
const MAX_GRANTS = 1000;

interface Given {
  readonly query: Query;
  readonly options: AnswerOptions & { readonly yaml?: true };
}

/** Asks which grants were wider than what was used, and shows them with what would have done. */
export async function readUnused(
  context: CommandContext,
  { query, options }: Given,
): Promise<ExitCode> {
  const { output = 'table', file, cursor } = options;
  const whole = { ...query, ...timesOf(options, context.now) };
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
  } else context.show(page, () => (page.items.length === 0 ? 'nothing found\n' : unusedText(page)));
  if (page.nextCursor !== undefined) {
    context.note('there are more grants than these: --limit, or narrower filters');
  }
  return exitCode.ok;
}
