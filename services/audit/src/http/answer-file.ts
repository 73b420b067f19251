import { PassThrough, type Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import { RequestRefused } from '@drawbridge/runtime';
import type { Question } from '../clickhouse/questions/question.js';
import { csvLine } from './answer-csv.js';
import type { AnswerFormat, QuestionFilter } from './question-filter.js';

/** Who reads an answer slower than this keeps others from asking. */
const READ_WITHIN_MS = 120_000;

/** An answer in one piece has no pages. */
export function refusePaging({ limit, cursor, format }: QuestionFilter): void {
  const field = limit !== undefined ? 'limit' : cursor !== undefined ? 'cursor' : undefined;
  if (field === undefined) return;
  const message = `expected none: ${format} gives the whole answer`;
  throw new RequestRefused('query_invalid', `the query is not valid: query.${field}: ${message}`, [
    { field: `query.${field}`, message },
  ]);
}

interface Written {
  readonly question: Pick<Question, 'row'>;
  readonly format: 'jsonl' | 'csv';
}

/** Rows as text: lines of JSON, or of CSV under the names of the fields. */
export async function* linesOf<Row>(
  rows: AsyncIterable<Row> | Iterable<Row>,
  { question, format }: Written,
): AsyncGenerator<string> {
  const names = Object.keys(question.row.shape);
  if (format === 'csv') yield csvLine(names);
  for await (const row of rows) {
    if (format === 'jsonl') yield `${JSON.stringify(row)}\n`;
    else {
      const cells = new Map(Object.entries(Object(row) as object));
      yield csvLine(names.map((name): unknown => cells.get(name)));
    }
  }
}

const types = {
  jsonl: 'application/x-ndjson',
  csv: 'text/csv; charset=utf-8; header=present',
  parquet: 'application/vnd.apache.parquet',
} as const;

interface FileParts {
  readonly name: string;
  readonly format: Exclude<AnswerFormat, 'json'>;
  readonly release?: () => void;
}

/** An answer as a file that whoever asked may keep; it ends when they do not read it. */
export function fileOf(source: Readable, { name, format, release }: FileParts): StreamableFile {
  const stream = source.pipe(new PassThrough());
  const timer = setTimeout(() => stream.destroy(), READ_WITHIN_MS).unref();
  source.on('error', (error) => stream.destroy(error));
  stream.once('close', () => {
    clearTimeout(timer);
    source.destroy();
    release?.();
  });
  return new StreamableFile(stream, {
    type: types[format],
    disposition: `attachment; filename="drawbridge-${name}.${format}"`,
  });
}
