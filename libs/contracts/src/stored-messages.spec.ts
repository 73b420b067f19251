import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AccessEvent, writerOf } from './access-request.js';
import { CommandRecord } from './command-record.js';
import { HoldEvent, holdWriterOf } from './hold.js';

const StoredEvent = z.object({ type: z.string(), data: z.unknown() });

const linesOf = (file: string): unknown[] =>
  readFileSync(new URL(`../samples/${file}`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
const numbered = <Sample extends { readonly type: string }>(samples: readonly Sample[]) =>
  samples.map((sample, index) => ({ line: index + 1, type: sample.type, sample }));

const events = z.array(StoredEvent).parse(linesOf('access-events-v1.jsonl'));
const holds = z.array(StoredEvent).parse(linesOf('hold-events-v1.jsonl'));
const records = z
  .array(z.looseObject({ type: z.string() }))
  .parse(linesOf('command-records-v1.jsonl'));

describe('a message stored by an earlier version', () => {
  it.each(numbered(events))('is read whole: event $type, line $line', ({ sample }) => {
    expect(AccessEvent.parse(sample)).toStrictEqual(sample);
  });

  it.each(numbered(holds))('is read whole: hold $type, line $line', ({ sample }) => {
    expect(HoldEvent.parse(sample)).toStrictEqual(sample);
  });

  it.each(numbered(records))('is read whole: record $type, line $line', ({ sample }) => {
    expect(CommandRecord.parse(sample)).toStrictEqual(sample);
  });

  it('has a sample of every type', () => {
    expect(new Set(events.map(({ type }) => type))).toStrictEqual(new Set(Object.keys(writerOf)));
    expect(new Set(holds.map(({ type }) => type))).toStrictEqual(
      new Set(Object.keys(holdWriterOf)),
    );
    expect(new Set(records.map(({ type }) => type))).toStrictEqual(
      new Set(CommandRecord.options.map(({ shape }) => shape.type.value)),
    );
  });
});
