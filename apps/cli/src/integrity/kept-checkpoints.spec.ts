import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readKeptNotes } from './kept-checkpoints.js';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'drawbridge-kept-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const line = (record: object) =>
  `${JSON.stringify({ stream: 'CHECKPOINTS', sequence: 1, line: 0, record })}\n`;
const written = (name: string, content: string | Buffer): string => {
  writeFileSync(join(directory, name), content);
  return join(directory, name);
};

describe('checkpoints that were kept', () => {
  it('are notes, and what a sink wrote, packed or not', async () => {
    written('a.note', 'one');
    const two = line({ type: 'CheckpointSigned', at: 'x', note: 'two' });
    written('b.ndjson', line({ type: 'SigningKeyNamed', note: 'no' }) + two);
    written('c.ndjson.gz', gzipSync(line({ type: 'CheckpointSigned', note: 'three' })));
    written('d.txt', 'no');
    const notes = await readKeptNotes([directory]);
    expect(notes.map(({ note }) => note)).toEqual(['one', 'two', 'three']);
  });

  it.each([
    ['e.ndjson', '{"CheckpointSigned"'],
    ['f.ndjson', line({ type: 'CheckpointSigned', note: 7 })],
    ['g.ndjson.gz', 'not packed'],
    ['h.ndjson.gz', gzipSync(Buffer.alloc(300_000_000))],
  ])('are refused when they cannot be read: %s', async (name, content) => {
    await expect(readKeptNotes([written(name, content)])).rejects.toMatchObject({
      code: 'file_unreadable',
    });
  });
});
