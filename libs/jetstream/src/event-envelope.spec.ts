import { readFileSync } from 'node:fs';
import type { AccessEvent } from '@drawbridge/contracts';
import type { Append } from '@drawbridge/kernel';
import { describe, expect, it } from 'vitest';
import {
  decodeEvent,
  encodeEvent,
  EventEnvelope,
  isSubjectToken,
  sha256Hex,
} from './event-envelope.js';
import { accessEvents, holdEvents, type ReadableKind, type StoredEvent } from './event-kind.js';

const id = '01928d3e-0000-7000-8000-000000000001';
const aggregateId = '01928d3e-0000-7000-8000-000000000002';
const event: AccessEvent = {
  type: 'AccessRequestWithdrawn',
  data: { by: { kind: 'agent', issuer: 'https://idp.test', subject: 'a', groups: [] } },
};
const metadata = {
  id,
  causationId: 'request-1',
  actor: { kind: 'agent', id: 'https://idp.test#a' },
  at: '2026-01-05T09:00:00.000Z',
} as const;
const append: Append<AccessEvent> = {
  aggregateId,
  position: { lastSequence: 0 },
  event,
  metadata,
};
const subject = `drawbridge.access.${aggregateId}`;

describe('a stored event', () => {
  // A sample of schema version 1, as the first release wrote it. It must stay readable for ever.
  const sample =
    '{"id":"01928d3e-0000-7000-8000-000000000001","type":"AccessRequestWithdrawn","schemaVersion":1,' +
    '"aggregateId":"01928d3e-0000-7000-8000-000000000002",' +
    '"correlationId":"01928d3e-0000-7000-8000-000000000002","causationId":"request-1",' +
    '"actor":{"kind":"agent","id":"https://idp.test#a"},"at":"2026-01-05T09:00:00.000Z",' +
    '"previousHash":null,' +
    '"data":{"by":{"kind":"agent","issuer":"https://idp.test","subject":"a","groups":[]}}}';

  it('is written as it always was', () => {
    expect(new TextDecoder().decode(encodeEvent(append))).toBe(sample);
  });

  it('is read as it was written', () => {
    const data = new TextEncoder().encode(sample);
    expect(decodeEvent(accessEvents, { subject, sequence: 7, data })).toStrictEqual({
      recorded: { ...metadata, aggregateId, sequence: 7, event },
      previousHash: undefined,
    });
  });

  it('names the hash of the event before it', () => {
    const lastHash = sha256Hex(encodeEvent(append));
    const data = encodeEvent({ ...append, position: { lastSequence: 1, lastHash } });
    expect(decodeEvent(accessEvents, { subject, sequence: 8, data }).previousHash).toBe(lastHash);
  });
});

describe.each([
  { file: 'access-events-v1.jsonl', kind: accessEvents },
  { file: 'hold-events-v1.jsonl', kind: holdEvents },
])('the stored events of an earlier version: $file', ({ file, kind }) => {
  const stored = readFileSync(new URL(`../../contracts/samples/${file}`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line, index) => ({ line: index + 1, data: new TextEncoder().encode(line) }));
  const decode = ({ line, data }: (typeof stored)[number]) => {
    const text = new TextDecoder().decode(data);
    const [, of = ''] = /"aggregateId":"([^"]*)"/.exec(text) ?? [];
    const readable: ReadableKind<StoredEvent> = kind;
    return decodeEvent(readable, { subject: kind.subjectPrefix + of, sequence: line, data });
  };

  it.each(stored)('are readable: line $line', (message) => {
    const { type, data } = EventEnvelope.parse(JSON.parse(new TextDecoder().decode(message.data)));
    expect(decode(message).recorded.event).toStrictEqual({ type, data });
  });

  it('are untouched: each names the hash of the one before it', () => {
    const newest = new Map<string, string>();
    for (const message of stored) {
      const { recorded, previousHash } = decode(message);
      expect(previousHash).toBe(newest.get(recorded.aggregateId));
      newest.set(recorded.aggregateId, sha256Hex(message.data));
    }
    expect(newest.size).toBeGreaterThan(1);
  });
});

describe('a subject token', () => {
  it.each([
    [aggregateId, true],
    ['refused', true],
    ['prod-eks', true],
    ['', false],
    ['a.b', false],
    ['*', false],
    ['>', false],
    ['a b', false],
    ['a\r\n', false],
    ['ä', false],
    ['a'.repeat(129), false],
  ])('%j: %s', (text, expected) => {
    expect(isSubjectToken(text)).toBe(expected);
  });
});
