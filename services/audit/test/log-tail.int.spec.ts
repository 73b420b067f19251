import { mkdtempSync, rmSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@drawbridge/runtime';
import { eventually } from '@drawbridge/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LogPosition } from '../src/clickhouse/log-positions.js';
import { LogTail } from '../src/cluster-audit/log-tail.js';

let directory: string;
let file: string;
let position: LogPosition | undefined;
let gaps: number;
let lines: (string | undefined)[];
let tail: LogTail | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'drawbridge-log-tail-'));
  file = join(directory, 'audit.log');
  [position, gaps, lines, tail] = [undefined, 0, [], undefined];
});
afterEach(async () => {
  await tail?.close();
  rmSync(directory, { recursive: true });
});

const start = () => {
  tail = new LogTail({
    ...{ connection: 'prod', file, logger: createLogger('audit', { level: 'fatal' }) },
    positions: {
      of: () => Promise.resolve(position),
      note: (_, noted) => Promise.resolve(void (position = noted)),
    },
    take: (taken) => Promise.resolve(void lines.push(...taken.map((line) => line?.toString()))),
    onGap: () => Promise.resolve(void (gaps += 1)),
  });
  tail.start();
};
const noted = (offset: number) => eventually(() => expect(position?.offset).toBe(offset));
const write = (text: string) => writeFileSync(file, text, { flag: 'a' });

describe('a log that lost something', () => {
  it('says so when it is emptied in its place', async () => {
    write('one\ntwo\n');
    start();
    await noted(8);
    expect(gaps).toBe(0);
    truncateSync(file, 0);
    await eventually(() => expect(gaps).toBe(1));
    write('new\n');
    await eventually(() => expect(lines).toStrictEqual(['new']));
  });

  it('says so when nobody was there while it was replaced, and reads the new one from its start', async () => {
    write('one\n');
    start();
    await noted(4);
    await tail?.close();
    // The number of the file is often taken again at once: it must not be taken for the same file.
    unlinkSync(file);
    write('first\nsecond\n');
    start();
    await eventually(() => expect(lines).toStrictEqual(['first', 'second']));
    expect(gaps).toBe(1);
  });

  it('says nothing when it only grew, or was not there yet', async () => {
    start();
    await eventually(() => expect(position).toBeDefined());
    write('one\n');
    await eventually(() => expect(lines).toStrictEqual(['one']));
    await tail?.close();
    write('two\n');
    start();
    await eventually(() => expect(lines).toStrictEqual(['one', 'two']));
    expect(gaps).toBe(0);
  });
});
