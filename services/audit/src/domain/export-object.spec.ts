import { expect, it } from 'vitest';
import { exported } from '../../test/sample-exports.js';
import { commandIdAt, ended } from '../../test/sample-records.js';
import { exportLines, exportObjectName } from './export-object.js';

const firstStoredAt = new Date('2026-01-05T23:59:59.999Z');

it('an object is named after its range, and sorts by it', () => {
  const names = [9, 10, 1000].map((first) =>
    exportObjectName({ stream: 'COMMANDS', first, last: first + 5, firstStoredAt }),
  );
  expect(names[0]).toBe('COMMANDS/2026/01/05/0000000000000009-0000000000000014.ndjson.gz');
  expect(names.toSorted()).toStrictEqual(names);
});

it('an object of what was parked lies beside that of its message, and never over it', () => {
  const range = { stream: 'COMMANDS', first: 9, last: 9, firstStoredAt };
  const names = [range, { ...range, parkedAs: 7 }, { ...range, parkedAs: 8 }].map(exportObjectName);
  expect(new Set(names).size).toBe(3);
  expect(names[1]).toBe(
    'COMMANDS/2026/01/05/0000000000000009-0000000000000009-parked-0000000000000007.ndjson.gz',
  );
});

it('a line holds the place of a record and its very text', () => {
  const record = exported(ended(commandIdAt('2026-01-05T09:00:00Z')), { sequence: 8, line: 1 });
  const lines = exportLines([record, record]).split('\n');
  expect(lines).toHaveLength(3);
  expect(lines[0]).toBe(`{"stream":"COMMANDS","sequence":8,"line":1,"record":${record.text}}`);
  expect(JSON.parse(lines[1] ?? '')).toMatchObject({ record: { type: 'CommandEnded' } });
});
