import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AccessEvent, writerOf } from './access-event.js';
import { CommandBody } from './command-body.js';
import { AuditTrailEvent, auditWriterOf } from './audit-events.js';
import { CommandRecord } from './command-record.js';
import { HoldEvent, holdWriterOf } from './hold.js';
import { UseEvent, useWriterOf } from './use.js';
import { StopEvent, stopWriterOf } from './stop.js';

const StoredEvent = z.object({ type: z.string(), data: z.unknown() });

const linesOf = (file: string): unknown[] =>
  readFileSync(new URL(`../samples/${file}`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
const numbered = <Sample extends { readonly type: string }>(samples: readonly Sample[]) =>
  samples.map((sample, index) => ({ line: index + 1, type: sample.type, sample }));

const events = z.array(StoredEvent).parse(linesOf('access-events-v1.jsonl'));
/** What came later: approvals in steps, and limits. */
const laterEvents = z.array(StoredEvent).parse(linesOf('access-events-v2.jsonl'));
/** How the version of before those read events; patterns of texts left out. */
const beforeSteps = z.fromJSONSchema(
  JSON.parse(
    readFileSync(new URL('../samples/access-events-v1.schema.json', import.meta.url), 'utf8'),
  ) as Parameters<typeof z.fromJSONSchema>[0],
);
const holds = z.array(StoredEvent).parse(linesOf('hold-events-v1.jsonl'));
const uses = z.array(StoredEvent).parse(linesOf('use-events-v1.jsonl'));
const stops = z.array(StoredEvent).parse(linesOf('stop-events-v1.jsonl'));
const trail = z.array(StoredEvent).parse(linesOf('audit-events-v1.jsonl'));
const records = z
  .array(z.looseObject({ type: z.string() }))
  .parse(linesOf('command-records-v1.jsonl'));
const bodies = z
  .array(z.looseObject({ type: z.string() }))
  .parse(linesOf('command-bodies-v1.jsonl'));

describe('a message stored by an earlier version', () => {
  it.each(numbered(events))('is read whole: event $type, line $line', ({ sample }) => {
    expect(AccessEvent.parse(sample)).toStrictEqual(sample);
  });

  it.each(numbered(laterEvents))('is read whole: later event $type, line $line', ({ sample }) => {
    expect(AccessEvent.parse(sample)).toStrictEqual(sample);
  });

  it.each(numbered(holds))('is read whole: hold $type, line $line', ({ sample }) => {
    expect(HoldEvent.parse(sample)).toStrictEqual(sample);
  });

  it.each(numbered(uses))('is read whole: use $type, line $line', ({ sample }) => {
    expect(UseEvent.parse(sample)).toStrictEqual(sample);
  });

  it.each(numbered(stops))('is read whole: stop $type, line $line', ({ sample }) => {
    expect(StopEvent.parse(sample)).toStrictEqual(sample);
  });

  it.each(numbered(trail))('is read whole: of audit $type, line $line', ({ sample }) => {
    expect(AuditTrailEvent.parse(sample)).toStrictEqual(sample);
  });

  it.each(numbered(records))('is read whole: record $type, line $line', ({ sample }) => {
    expect(CommandRecord.parse(sample)).toStrictEqual(sample);
  });

  it.each(numbered(bodies))('is read whole: $type, line $line', ({ sample }) => {
    expect(CommandBody.parse(sample)).toStrictEqual(sample);
  });

  it('has a sample of every type', () => {
    const stored = new Set([...events, ...laterEvents].map(({ type }) => type));
    expect(stored).toStrictEqual(new Set(Object.keys(writerOf)));
    expect(new Set(holds.map(({ type }) => type))).toStrictEqual(
      new Set(Object.keys(holdWriterOf)),
    );
    expect(new Set(uses.map(({ type }) => type))).toStrictEqual(new Set(Object.keys(useWriterOf)));
    expect(new Set(stops.map(({ type }) => type))).toStrictEqual(
      new Set(Object.keys(stopWriterOf)),
    );
    expect(new Set(trail.map(({ type }) => type))).toStrictEqual(
      new Set(Object.keys(auditWriterOf)),
    );
    expect(new Set(records.map(({ type }) => type))).toStrictEqual(
      new Set(CommandRecord.options.map(({ shape }) => shape.type.value)),
    );
  });
});

const narrowed = z.looseObject({ narrow: z.looseObject({}) });

describe('a replica of the version before approvals in steps', () => {
  it.each(numbered(events))('reads what it wrote: $type, line $line', ({ sample }) => {
    expect(beforeSteps.safeParse(sample).success).toBe(true);
  });

  // An end that says more of why is an end for everybody.
  const limiting = laterEvents.filter(
    ({ type }) => type !== 'ApprovalGiven' && type !== 'GrantRevoked',
  );
  it.each(numbered(limiting))('refuses what it cannot obey: $type, line $line', ({ sample }) => {
    expect(beforeSteps.safeParse(sample).success).toBe(false);
  });

  it('meets no narrowing but behind a requirement that it refuses', () => {
    const [, asked, ...others] = laterEvents;
    expect(asked).toMatchObject({ data: { approval: { type: 'steps' } } });
    expect(others.some(({ data }) => narrowed.safeParse(data).success)).toBe(true);
  });
});
