import { z } from 'zod';
import { exitCode, type ExitCode } from '../exit-code.js';
import { parseInstant } from '../input/duration.js';
import { parseLimit } from '../input/limit.js';
import { neutralJson } from '../output/neutralise.js';
import type { CommandContext, SharedOptions } from './command-context.js';

const PAGE = 1000;
/** Items of one list. */
export const MAX_LIMIT = 100_000;

interface AuditOptions extends SharedOptions {
  readonly since?: string;
  readonly until?: string;
  readonly limit: string;
  readonly cursor?: string;
  readonly oldestFirst?: true;
  readonly [filter: string]: string | boolean | undefined;
}

/** A list of the record. */
export interface Subject<Item> {
  readonly path: string;
  /** Options that go to the server as they are, by their names there. */
  readonly filters: readonly string[];
  readonly item: z.ZodType<Item>;
  readonly table: (items: readonly Item[], width?: number) => string;
  /** What somebody may want to type next. */
  readonly next?: string;
}

/** Reads as much of a list as was asked for, page by page, and shows it. */
export async function showAuditList<Item>(
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
