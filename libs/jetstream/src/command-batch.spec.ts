import { readFileSync } from 'node:fs';
import { CommandRecord } from '@drawbridge/contracts';
import { describe, expect, it } from 'vitest';
import { batchOf, commandLines } from './command-batch.js';

const headers = { get: () => 'application/x-ndjson' };

it('a batch stored by an earlier version is read line by line', () => {
  const samples = new URL('../../contracts/samples/command-records-v1.jsonl', import.meta.url);
  const records = commandLines({ headers, data: readFileSync(samples) }).map((line) =>
    CommandRecord.parse(JSON.parse(new TextDecoder().decode(line))),
  );
  expect(records.length).toBeGreaterThan(5);
  const data = batchOf(records.map((record) => JSON.stringify(record)));
  expect(commandLines({ headers, data })).toHaveLength(records.length);
});

it('messages made after each other keep their own bytes, whatever is in them', () => {
  const sizes = [1, 30_000, 400_000, 349_525, 3, 200_000, 90_000];
  const texts = sizes.flatMap((size) => ['é', 'x', '\u{1f512}'].map((unit) => unit.repeat(size)));
  const batches = texts.map((text) => batchOf([text, 'end']));
  const decoder = new TextDecoder();
  const read = batches.map((data) =>
    commandLines({ headers, data }).map((line) => decoder.decode(line)),
  );
  read.forEach((lines, index) => {
    expect(lines.length === 2 && lines[0] === texts[index] && lines[1] === 'end').toBe(true);
  });
});

describe('the records of a message', () => {
  const texts = (headers: string | undefined, data: string) =>
    commandLines({ headers: { get: () => headers ?? '' }, data: Buffer.from(data) }).map((line) =>
      Buffer.from(line).toString(),
    );
  it.each([
    ['as before there were batches', undefined, '{"a":1}', ['{"a":1}']],
    ['as before, with a line break', undefined, '{"a":\n1}', ['{"a":\n1}']],
    ['a batch', 'application/x-ndjson', 'a\nb\n', ['a', 'b']],
    ['a batch without a last line break', 'application/x-ndjson', 'a\nb', ['a', 'b']],
    ['a batch with empty lines', 'application/x-ndjson', '\na\n\n', ['', 'a', '']],
    ['an empty batch', 'application/x-ndjson', '', ['']],
  ])('%s', (...[, type, data, lines]) => {
    expect(texts(type, data)).toStrictEqual(lines);
  });
});
