import type { SessionFrame, SessionHeader } from '@drawbridge/contracts';
import { describe, expect, it } from 'vitest';
import { castLines, type CastOptions } from './cast-lines.js';

const header: SessionHeader = {
  ...{ version: 1, argv: ['sh', '-c', 'id'], tty: true, stdin: true, kind: 'exec' },
};
const options: CastOptions = { header, startedAt: '2026-11-22T10:00:00.900Z', version: 2 };
const frames: readonly SessionFrame[] = [
  [0.1, 'r', '100x30'],
  [0.25, 'o', '$ '],
  [1.5, 'i', 'id\r'],
  [1.5, 'o64', Buffer.from([0x61, 0xff]).toString('base64')],
  [1.25, 'm', 'a mark'],
  [2, 'x', '3'],
];
const linesOf = (changed: Partial<CastOptions>, given = frames) =>
  castLines(given, { ...options, ...changed }).map((line) => JSON.parse(line) as unknown);

describe('a recording as asciicast', () => {
  it('version 2: times since the beginning', () => {
    expect(linesOf({})).toStrictEqual([
      { version: 2, width: 100, height: 30, timestamp: 1_795_341_600, command: 'sh -c id' },
      [0.1, 'r', '100x30'],
      [0.25, 'o', '$ '],
      [1.5, 'i', 'id\r'],
      [1.5, 'o', 'a\ufffd'],
      [1.5, 'm', 'a mark'],
    ]);
  });

  it('version 3: times since the event before, and the exit code', () => {
    expect(linesOf({ version: 3, title: 'prod' })).toStrictEqual([
      {
        ...{ version: 3, term: { cols: 100, rows: 30 }, timestamp: 1_795_341_600 },
        ...{ command: 'sh -c id', title: 'prod' },
      },
      [0.1, 'r', '100x30'],
      [0.15, 'o', '$ '],
      [1.25, 'i', 'id\r'],
      [0, 'o', 'a\ufffd'],
      [0, 'm', 'a mark'],
      [0.5, 'x', '3'],
    ]);
  });

  it('without a terminal: both outputs, with the returns that a terminal would make', () => {
    const piped: readonly SessionFrame[] = [
      [0, 'o', 'a\nb\r\n'],
      [1, 'e', 'wrong\n'],
      [2, 'i', 'c\n'],
    ];
    expect(linesOf({ header: { ...header, tty: false } }, piped).slice(1)).toStrictEqual([
      [0, 'o', 'a\r\nb\r\n'],
      [1, 'o', 'wrong\r\n'],
      [2, 'i', 'c\n'],
    ]);
  });

  it.each(['', '0x24', 'x', '80x24x3', '999999x1'])('size %j is none', (size) => {
    expect(linesOf({}, [[0, 'r', size]])[0]).toMatchObject({ width: 80, height: 24 });
  });

  it('keeps escapes, and no line is more than one', () => {
    const hostile: readonly SessionFrame[] = [[0, 'o', '\u001b]0;x\u0007\n[1,"o","y"]\u2028']];
    const lines = castLines(hostile, options);
    expect(lines).toHaveLength(2);
    expect(lines.every((line) => line.indexOf('\n') === line.length - 1)).toBe(true);
    expect(JSON.parse(lines[1] ?? '')).toStrictEqual([0, 'o', hostile[0]?.[2]]);
  });
});
