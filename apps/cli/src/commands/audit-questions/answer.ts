import { questionPage } from '@drawbridge/contracts';
import type { z } from 'zod';
import { CliError } from '../../cli-error.js';
import { exitCode, type ExitCode } from '../../exit-code.js';
import { parseInstant } from '../../input/duration.js';
import { parseLimit } from '../../input/limit.js';
import { neutralJson } from '../../output/neutralise.js';
import { writeWhole } from '../../output/write-whole.js';
import type { CommandContext, SharedOptions } from '../command-context.js';

export const PAGE = 1000;
export const MAX_LIMIT = 10_000;
/** An answer in one piece is made whole before it comes. */
const WAIT_MS = 120_000;

export const questionOutputs = ['table', 'json', 'jsonl', 'csv', 'parquet'];

export type Query = Readonly<Record<string, string | undefined>>;

/** One question: where it is asked, and what its rows look like. */
export interface Subject<Row> {
  readonly path: string;
  readonly row: z.ZodType<Row>;
  readonly table: (rows: readonly Row[], width?: number) => string;
  /** What somebody may want to type next. */
  readonly next?: string;
}

export interface AnswerOptions extends SharedOptions {
  readonly since?: string;
  readonly until?: string;
  readonly limit?: string;
  readonly cursor?: string;
  readonly file?: string;
}

interface Given {
  readonly query: Query;
  readonly options: AnswerOptions;
}

/** Asks a question, and prints the answer or writes it to a file. */
export async function readAnswer<Row>(
  context: CommandContext,
  subject: Subject<Row>,
  { query, options }: Given,
): Promise<ExitCode> {
  const { output = 'table', file } = options;
  const whole = { ...query, ...timesOf(options, context.now) };
  if (isFile(output)) {
    await download(context, { path: subject.path, query: { ...whole, format: output }, file });
    return exitCode.ok;
  }
  refuseFile(file);
  const { items, ...rest } = await pages(context, subject, { query: whole, options });
  context.show({ ...rest, items }, (width) =>
    items.length === 0 ? 'nothing found\n' : subject.table(items, width),
  );
  if (items.length === 0) sayWhere(context, rest);
  else if (subject.next !== undefined) context.hint(subject.next);
  if (rest.nextCursor !== undefined) context.note('there is more: --limit, or narrower filters');
  return exitCode.ok;
}

/** Of nothing: since when nobody looked is what may be wrong with it. */
export function sayWhere(
  context: CommandContext,
  { since, until }: Readonly<{ since?: string | undefined; until: string }>,
): void {
  if (since === undefined) return;
  context.note(`looked from ${since} until ${until}: --since looks further back`);
}

/** Formats that are one piece. */
export const isFile = (output: string): boolean => ['csv', 'parquet', 'jsonl'].includes(output);

export function refuseFile(file: string | undefined): void {
  if (file === undefined) return;
  throw new CliError('usage_invalid', '--file: expected with -o csv, parquet or jsonl');
}

/** Times as the server takes them. */
export const timesOf = ({ since, until }: AnswerOptions, now: Date): Query => ({
  since: since === undefined ? undefined : parseInstant(since, '--since', now),
  until: until === undefined ? undefined : parseInstant(until, '--until', now),
});

interface Answer<Row> {
  readonly since?: string | undefined;
  readonly until: string;
  readonly items: readonly Row[];
  readonly nextCursor?: string;
}

/** Pages until there are as many rows as wanted. */
async function pages<Row>(
  context: CommandContext,
  { path, row }: Subject<Row>,
  { query, options }: Given,
): Promise<Answer<Row>> {
  const limit = parseLimit(options.limit ?? '100', MAX_LIMIT);
  const api = await context.part('audit');
  const answer = questionPage(row);
  const items: Row[] = [];
  for (let cursor = options.cursor; ;) {
    const page = await api.call({
      path: `/v1/audit/${path}`,
      query: { ...query, cursor, limit: String(Math.min(PAGE, limit - items.length)) },
      answer,
    });
    const { items: found, nextCursor, ...times } = page;
    items.push(...found);
    cursor = nextCursor;
    if (cursor === undefined) return { ...times, items };
    if (items.length >= limit) return { ...times, items, nextCursor: cursor };
  }
}

interface Download {
  readonly path: string;
  readonly query: Query;
  readonly file: string | undefined;
  /** Is given what was answered beside it. */
  readonly seen?: (headers: Headers) => void;
}

/** Prints an answer in one piece, or writes it to a file. */
export async function download(
  context: CommandContext,
  { path, query, file, seen }: Download,
): Promise<void> {
  const { format } = query;
  if (format === 'parquet' && file === undefined) {
    throw new CliError('usage_invalid', '-o parquet: expected --file, since it is no text');
  }
  const api = await context.part('audit');
  const body = await api.download({
    ...{ path: `/v1/audit/${path}`, query, waitMs: WAIT_MS },
    ...(seen !== undefined && { seen }),
  });
  if (file !== undefined) {
    await writeWhole(file, body);
    context.note(`written to ${file}`);
    return;
  }
  for await (const line of linesOf(body)) {
    context.terminal.out(`${format === 'jsonl' ? neutralJson(JSON.parse(line)) : line}\n`);
  }
}

async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}
