import {
  recordLine,
  type CommandBody,
  type CommandRecord,
  type Principal,
  type SessionChunk,
} from '@drawbridge/contracts';
import { uuidV7 } from '@drawbridge/runtime';
import fc from 'fast-check';

/*
 * Lines of `COMMANDS` of every kind and form, with what breaks JSON, lines and columns in them.
 */

type AnyRecord = CommandRecord | CommandBody | SessionChunk;

/** A line, and whether the columns of its row must be enough to make it again. */
export interface AnyLine {
  readonly commandId: string;
  readonly part: 'start' | 'end' | 'body' | 'chunk';
  readonly text: string;
  readonly isForm2: boolean;
}

const hostile = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.constantFrom(
    '',
    '"',
    '\\',
    '\n',
    '\r\n',
    '\u2028\u2029',
    '\u0000',
    '","type":"x',
    "' OR 1",
    '{a:1}',
  ),
  fc.constantFrom('\\N', 'null', '[]', '\\u0041', '\u{1f600}', '\ufeff', '\u007f', 'e\u0301', '\t'),
);
/** Halves of surrogate pairs, which ClickHouse takes from nobody. */
const half = fc.constantFrom('\ud83d', 'a\udc00b', '\udc00\ud83d');
const filled = hostile.filter((text) => text.length > 0);
const uuid = fc.uuid({ version: 7 });
const connection = fc.constantFrom('prod-eks', 'staging', 'a');
const at = fc
  .date({ min: new Date('2026-01-01'), max: new Date('2037-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString());
const rule = fc.record(
  {
    rule: filled,
    action: fc.constantFrom('deny' as const, 'hold' as const),
    doubt: hostile,
  },
  { requiredKeys: ['rule', 'action'], noNullPrototype: true },
);
const bytes = fc.oneof(fc.nat(), fc.maxSafeNat());

const principal: fc.Arbitrary<Principal> = fc.record(
  {
    kind: fc.constantFrom('agent', 'human'),
    issuer: filled,
    subject: filled,
    groups: fc.array(filled, { maxLength: 4 }),
    email: hostile,
    owner: filled,
    sponsor: filled,
    run: filled,
  },
  { requiredKeys: ['kind', 'issuer', 'subject', 'groups'], noNullPrototype: true },
);

const call = {
  connection,
  at,
  agent: principal,
  grantId: uuid,
  accessRequestId: uuid,
  method: hostile,
  path: hostile,
  query: hostile,
  verb: hostile,
  apiGroup: hostile,
  apiVersion: hostile,
  resource: hostile,
  subresource: hostile,
  namespace: hostile,
  name: hostile,
  clientAddress: hostile,
  userAgent: hostile,
  contentType: hostile,
  dryRun: fc.boolean(),
  policyVersion: hostile,
  rule: hostile,
  matched: fc.array(rule, { maxLength: 3 }),
  holdId: uuid,
  warnings: fc.array(hostile, { maxLength: 3 }),
};
const decision = <Effect extends 'allow' | 'deny'>(effect: Effect) =>
  fc.record(
    { effect: fc.constant(effect), reason: hostile, message: hostile },
    { noNullPrototype: true },
  );
const always = [
  ...['connection', 'at', 'method', 'path', 'query', 'verb', 'apiGroup', 'apiVersion'],
  ...['resource', 'subresource', 'namespace', 'name', 'clientAddress', 'userAgent'],
] as const;
type Always = 'connection' | 'at' | 'method';

const started = fc.record(
  { ...call, type: fc.constant('CommandStarted' as const), decision: decision('allow') },
  {
    requiredKeys: [...(always as readonly Always[]), 'type', 'decision', 'grantId'],
    noNullPrototype: true,
  },
);
const refused = fc.record(
  {
    ...call,
    type: fc.constant('CommandRefused' as const),
    decision: decision('deny'),
    statusCode: fc.integer({ min: 0, max: 599 }),
  },
  {
    requiredKeys: [...(always as readonly Always[]), 'type', 'decision', 'statusCode'],
    noNullPrototype: true,
  },
);
const ended = fc.record(
  {
    type: fc.constant('CommandEnded' as const),
    connection,
    grantId: uuid,
    at,
    outcome: fc.constantFrom('completed', 'cut', 'client_gone', 'upstream_failed'),
    reason: hostile,
    statusCode: fc.integer({ min: 0, max: 599 }),
    requestBytes: bytes,
    responseBytes: bytes,
    durationMs: fc.oneof(fc.nat(), fc.double({ min: 0, max: 1e12, noNaN: true })),
    exitCode: fc.integer({ min: -1, max: 255 }),
    masked: fc.nat(),
    rule: hostile,
    typed: fc.array(rule, { maxLength: 3 }),
    transfers: fc.array(
      fc.record(
        {
          direction: fc.constantFrom('upload' as const, 'download' as const),
          path: hostile,
          bytes,
          sha256: fc.string({ unit: fc.constantFrom('0', 'a', 'f'), minLength: 64, maxLength: 64 }),
        },
        { requiredKeys: ['direction', 'path', 'bytes'], noNullPrototype: true },
      ),
      { maxLength: 3 },
    ),
    archive: fc.record(
      {
        direction: fc.constantFrom('upload' as const, 'download' as const),
        files: fc.array(
          fc.record(
            {
              path: hostile,
              kind: fc.constantFrom('file' as const, 'link' as const, 'other' as const),
              bytes,
              sha256: fc.constantFrom('fa'.repeat(32)),
              received: bytes,
            },
            { requiredKeys: ['path', 'kind', 'bytes'], noNullPrototype: true },
          ),
          { maxLength: 3 },
        ),
        more: fc.integer({ min: 1 }),
        unreadFrom: bytes,
      },
      { requiredKeys: ['direction', 'files'], noNullPrototype: true },
    ),
    flows: fc.array(
      fc.record({
        port: fc.integer({ min: 1, max: 65_535 }),
        connections: fc.nat(),
        sent: bytes,
        received: bytes,
      }),
      { maxLength: 3 },
    ),
  },
  {
    requiredKeys: [
      ...(['type', 'connection', 'grantId', 'at', 'outcome', 'statusCode'] as const),
      ...(['requestBytes', 'responseBytes', 'durationMs'] as const),
    ],
    noNullPrototype: true,
  },
);
const sha256 = fc.string({ unit: fc.constantFrom('1', 'b'), minLength: 64, maxLength: 64 });
const body = fc.record(
  {
    type: fc.constant('CommandBody' as const),
    connection,
    at,
    direction: fc.constantFrom('request', 'response', 'before'),
    contentType: hostile,
    contentEncoding: hostile,
    bytes,
    sha256,
    encoding: fc.constantFrom('utf8', 'base64'),
    content: hostile,
    objects: fc.array(fc.record({ sha256, bytes: fc.integer({ min: 1 }) }), { maxLength: 3 }),
    cut: fc.constantFrom('body_limit', 'client_gone'),
    kept: bytes,
  },
  {
    requiredKeys: [
      ...(['type', 'connection', 'at', 'direction', 'contentType', 'bytes'] as const),
      ...(['sha256', 'encoding', 'content'] as const),
    ],
    noNullPrototype: true,
  },
);
const chunk = fc.record(
  {
    type: fc.constant('SessionChunk' as const),
    connection,
    at,
    index: fc.nat({ max: 1_000_000 }),
    frames: fc.array(
      fc.tuple(
        fc.double({ min: 0, max: 100_000, noNaN: true }),
        fc.constantFrom('o', 'i', 'e', 'r', 'm', 'x', 'o64'),
        hostile,
      ),
      { maxLength: 4 },
    ),
    header: fc.record({
      version: fc.constant(1),
      argv: fc.array(hostile, { maxLength: 2 }),
      tty: fc.boolean(),
      stdin: fc.boolean(),
      kind: fc.constantFrom('exec', 'attach', 'log'),
    }),
    final: fc.record({ chunks: fc.integer({ min: 1, max: 9 }), cut: filled }),
  },
  { requiredKeys: ['type', 'connection', 'at', 'index', 'frames'], noNullPrototype: true },
);

let made = 0;
/** A new id for each: a row is one command's. */
const withId = <Fields extends object>(fields: Fields) => ({
  ...fields,
  commandId: uuidV7(new Date(Date.UTC(2026, 0, 5) + (made += 1))),
});

const parts = {
  CommandStarted: 'start',
  CommandRefused: 'start',
  CommandEnded: 'end',
  CommandBody: 'body',
  SessionChunk: 'chunk',
} as const;

const form2 = (record: AnyRecord): AnyLine => ({
  commandId: record.commandId,
  part: parts[record.type],
  text: recordLine(record),
  isForm2: true,
});

/** As other versions and other writers may have it. */
const otherwise = (record: AnyRecord, how: number, text: string): AnyLine => {
  const { commandId } = record;
  const changed = [
    JSON.stringify({ future: text, ...record }),
    JSON.stringify(Object.fromEntries(Object.entries(record).toReversed())),
    JSON.stringify(record, undefined, 1).replaceAll('\n', ' '),
    JSON.stringify({ ...record, at: record.at.replace(/\.\d{3}Z$/, 'Z') }),
    JSON.stringify({ ...record, at: record.at.replace(/Z$/, '999Z') }),
    JSON.stringify({ ...record, userAgent: text, contentType: text }),
    recordLine(record).replace(commandId, commandId.toUpperCase()),
  ];
  const line = changed[how % changed.length] ?? '';
  return { commandId, part: parts[record.type], text: line, isForm2: false };
};

// The arbitraries have optional fields that may be undefined in their types only.
const records = fc
  .oneof(started, refused, ended, body, chunk)
  .map((record) => withId(record) as AnyRecord);

export const anyLine: fc.Arbitrary<AnyLine> = fc.oneof(
  { weight: 3, arbitrary: records.map(form2) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(records, fc.nat(), fc.oneof(hostile, half))
      .map(([record, how, text]) => otherwise(record, how, text)),
  },
);
