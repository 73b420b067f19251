import { recordLine, type CommandRecord } from '@drawbridge/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wholeCommand, type CommandColumns, type CommandRow } from './command-columns.js';
import { CommandRows } from './command-rows.js';
import { writtenEnd, writtenStart } from './rebuild-command.js';

const commandId = '019c0000-0000-7000-8000-00000000000a';
const grantId = '019c0000-0000-7000-8000-000000000001';
const started: CommandRecord = {
  type: 'CommandStarted',
  commandId,
  at: '2026-01-05T09:00:00.250Z',
  holdId: '019c0000-0000-7000-8000-000000000003',
  connection: 'prod-eks',
  agent: {
    kind: 'agent',
    issuer: 'https://idp.test',
    subject: 'agent-ünïcode',
    groups: ['oncall', 'a b'],
    email: 'a@corp.test',
    owner: 'dana@corp.test',
    sponsor: 's',
    run: 'r1',
  },
  grantId,
  accessRequestId: '019c0000-0000-7000-8000-000000000002',
  ...{ method: 'PATCH', path: '/api/v1/pods/a"b\\c', query: 'a=b\tc', verb: 'patch' },
  ...{
    apiGroup: '',
    apiVersion: 'v1',
    resource: 'pods',
    subresource: '',
    namespace: 'n',
    name: 'a',
  },
  ...{ clientAddress: '127.0.0.1', userAgent: 'kubectl', contentType: 'application/json' },
  ...{ dryRun: false, policyVersion: 'v1', rule: 'd/r' },
  matched: [
    { rule: 'd/r', action: 'hold', doubt: 'unread' },
    { rule: 'd/other', action: 'warn' },
  ],
  warnings: ['careful'],
  decision: { effect: 'allow', reason: 'in_scope', message: 'allowed' },
};
const ended: CommandRecord = {
  type: 'CommandEnded',
  connection: 'prod-eks',
  grantId,
  commandId,
  at: '2026-01-05T09:00:01.000Z',
  outcome: 'cut',
  reason: 'grant_expired',
  statusCode: 200,
  requestBytes: 12,
  responseBytes: 0,
  durationMs: 750,
  exitCode: 0,
  masked: 3,
  rule: 'd/cut',
};
const refused: CommandRecord = {
  ...started,
  type: 'CommandRefused',
  decision: { effect: 'deny', reason: 'no_grant', message: 'no' },
  statusCode: 403,
};
const startText = recordLine(started);
const endText = recordLine(ended);
const lines = [startText, endText, recordLine(refused)];

/** Rows of lines, and how many were taken. */
function rowsOf(...texts: readonly string[]): { taken: number; rows: CommandColumns[] } {
  const rows = new CommandRows();
  const all = texts.map((text) => Buffer.from(text));
  rows.begin({ bytes: all.reduce((sum, { length }) => sum + length, 0), lines: all.length });
  const taken = all.filter((bytes, index) =>
    rows.add({ bytes, from: 0, to: bytes.length, position: 1_024 + index, check: 7 + index }),
  ).length;
  const { columns, text, rows: count } = rows.finish();
  const found = Buffer.from(text).toString().split('\n').slice(0, -1);
  expect(found).toHaveLength(count);
  return { taken, rows: found.map((row) => columnsOf(columns, row)) };
}

/** As ClickHouse reads tab separated text. */
function columnsOf(names: readonly string[], row: string): CommandColumns {
  const values = row.split('\t');
  expect(values).toHaveLength(names.length);
  const columns = names.map((name, index) => [name, valueOf(name, values[index] ?? '')] as const);
  return wholeCommand(Object.fromEntries(columns) as unknown as CommandRow);
}

const numbers = new Set(
  'status_code request_bytes response_bytes duration_ms exit_code masked start_check end_check'.split(
    ' ',
  ),
);

const lists = new Set(
  'agent_groups rules warnings transfers transfer_hashes typed flows sequences start_positions end_positions'.split(
    ' ',
  ),
);

function valueOf(name: string, text: string): unknown {
  if (text === '\\N') return null;
  if (name === 'dry_run') return text === 'true';
  if (name.endsWith('_at')) return `${text}Z`;
  if (numbers.has(name)) return Number(text);
  if (name === 'matched') {
    // Brackets within quotes are text.
    const brackets = text.replace(/'[^']*'|[()]/g, (part) =>
      part === '(' ? '[' : part === ')' ? ']' : part,
    );
    const tuples: unknown = JSON.parse(brackets.replaceAll("'", '"'));
    return (tuples as string[][]).map(([rule, action, doubt]) => ({ rule, action, doubt }));
  }
  if (lists.has(name)) return JSON.parse(text.replaceAll("'", '"'));
  return JSON.parse(`"${text.replaceAll('"', '\\"')}"`);
}

describe('lines of commands', () => {
  it('become one row when start and end come together, and give both back', () => {
    const [start = '', end = ''] = lines;
    const { taken, rows } = rowsOf(start, end);
    expect(taken).toBe(2);
    const [row] = rows;
    expect(rows).toHaveLength(1);
    expect(row).toMatchObject({
      received_at: new Date(0x019c_0000_0000).toISOString(),
      rules: ['d/r', 'd/other'],
      start_positions: [1_024],
      end_positions: [1_025],
      start_check: 7,
      end_check: 8,
    });
    expect([writtenStart(row as CommandColumns), writtenEnd(row as CommandColumns)]).toEqual([
      start,
      end,
    ]);
  });

  it('become a row each when they do not, or say different things of the same', () => {
    const [start = '', end = '', refusal = ''] = lines;
    const elsewhere = end.replace('prod-eks', 'staging');
    expect(rowsOf(end).rows.map(writtenEnd)).toEqual([end]);
    expect(rowsOf(start).rows.map(writtenStart)).toEqual([start]);
    expect(rowsOf(refusal).rows.map(writtenStart)).toEqual([refusal]);
    expect(rowsOf(refusal).rows[0]).toMatchObject({ outcome: 'refused', status_code: 403 });
    const { rows } = rowsOf(start, elsewhere);
    expect([
      writtenEnd(rows[0] as CommandColumns),
      writtenStart(rows[1] as CommandColumns),
    ]).toEqual([elsewhere, start]);
    expect(rowsOf(start, start, end).rows.map(writtenStart)).toEqual([start, start]);
  });

  it.each([
    ['an escape that only JSON has', recordLine({ ...started, query: '\u0001' })],
    ['half a character', recordLine({ ...started, query: '\ud83d' })],
    ['a quote in a group', recordLine({ ...started, warnings: ["it's"] })],
    ['a member more', `${startText.slice(0, -1)},"more":1}`],
    [
      'a member that is empty',
      startText.replace('"userAgent":"kubectl"', '"userAgent":"kubectl","contentType":""'),
    ],
    ['another instant', startText.replace('.250Z', 'Z')],
    ['an instant that no column holds', startText.replace(/"at":"2/, '"at":"1')],
    [
      'an id of a time that none holds',
      startText.replace(/"commandId":"019c/, '"commandId":"ff9c'),
    ],
    [
      'an id that is no UUIDv7',
      startText.replace('-7000-8000-00000000000a', '-4000-8000-00000000000a'),
    ],
    ['a start without a grant', startText.replace(`"grantId":"${grantId}",`, '')],
    ['a number otherwise', endText.replace(':750', ':750.0')],
    ['a number too large', endText.replace(':750', ':75000000000000000000')],
    ['an unknown outcome', endText.replace('"cut"', '"lost"')],
    [
      'transfers',
      recordLine({ ...ended, transfers: [{ direction: 'upload', path: 'a', bytes: 1 }] }),
    ],
    ['a denial that started', startText.replace('"allow"', '"deny"')],
    ['nothing', ''],
  ])('with %s are left to the exact way', (_, line) => {
    expect(rowsOf(line)).toEqual({ taken: 0, rows: [] });
  });

  it('are never taken when the row would not give them back', () => {
    const change = fc.record({
      line: fc.constantFrom(...lines),
      at: fc.nat(),
      byte: fc.integer({ min: 0x20, max: 0x7e }),
      kind: fc.constantFrom('replace', 'insert', 'delete'),
    });
    fc.assert(
      fc.property(change, ({ line, at, byte, kind }) => {
        const from = at % line.length;
        const put = kind === 'delete' ? '' : String.fromCharCode(byte);
        const changed = line.slice(0, from) + put + line.slice(from + (kind === 'insert' ? 0 : 1));
        const { rows } = rowsOf(changed);
        for (const row of rows) {
          const back = row.start_positions.length > 0 ? writtenStart(row) : writtenEnd(row);
          expect(back).toBe(changed);
        }
      }),
      { numRuns: 3_000 },
    );
  });
});
