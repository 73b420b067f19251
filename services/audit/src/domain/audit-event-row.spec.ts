import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { auditEventRow } from './audit-event-row.js';
import type { StoredEvent } from './event-row.js';

const stored = readFileSync(
  new URL('../../../../libs/contracts/samples/audit-events-v1.jsonl', import.meta.url),
  'utf8',
)
  .trimEnd()
  .split('\n')
  .map((line, index) => ({
    ...(JSON.parse(line) as Omit<StoredEvent, 'sequence' | 'hash'>),
    sequence: index + 1,
    hash: 'h',
  }));

describe('a row of what audit had to say', () => {
  it('names what it is about, to be searched', () => {
    const shown = stored
      .map((event) => auditEventRow(event))
      .filter(({ type }) => type === 'RecordingViewed')
      .map(({ command_id, grant_id, connection, actor_id }) => [
        ...[command_id, grant_id, connection, actor_id],
      ]);
    expect(shown).toStrictEqual([
      [
        '019c0000-8888-7000-8000-000000000001',
        '019c0000-9999-7000-8000-000000000001',
        'prod-eks',
        'https://idp.corp.test#bob',
      ],
      ['019c0000-8888-7000-8000-000000000002', undefined, undefined, 'https://idp.corp.test#bob'],
    ]);
  });

  it('of a type that nobody knows yet is a row all the same', () => {
    const [first] = stored;
    const row = auditEventRow({ ...first!, type: 'RecordingDreamt', data: { a: 1 } });
    expect(row).toMatchObject({ data: '{"a":1}' });
    expect(row).not.toHaveProperty('command_id');
  });
});
