import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  emptyLog,
  keyStatement,
  openKeyChain,
  SealBuilder,
  sha256,
  signerOf,
} from '@drawbridge/integrity';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openKeptNotes, readKeptNotes } from './kept-checkpoints.js';

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

  it('may end with more line breaks than they were given with, as `jq -r` and editors put there', async () => {
    for (const ending of ['', '\n', '\n\n']) {
      const [kept] = await readKeptNotes([written('i.note', `text\n\n— key c2ln\n${ending}`)]);
      expect(kept?.note).toBe('text\n\n— key c2ln\n');
    }
    rmSync(join(directory, 'i.note'));
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

describe('a checkpoint that was kept', () => {
  const name = 'drawbridge.test';
  const at = '2026-01-05T09:00:00.000Z';
  const [old, next] = [1, 2].map(() =>
    signerOf(
      generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    ),
  ) as [ReturnType<typeof signerOf>, ReturnType<typeof signerOf>];
  const chain = openKeyChain([
    keyStatement({ name, at, signer: old }),
    keyStatement({
      ...{ name, at, signer: next },
      before: { index: 0, signer: old, ended: new Map([['ACCESS', 1]]) },
    }),
  ]);
  /** Of so many messages. */
  function noteOf(signer: typeof old, size: number, stream = 'ACCESS') {
    const builder = new SealBuilder(emptyLog(`${name}/${stream}`), 1);
    for (let sequence = 1; sequence <= size; sequence += 1) {
      builder.add({ ...{ sequence, subject: 'a', storedAt: 1 }, digest: sha256(Buffer.from('x')) });
    }
    return { file: 'kept.note', note: builder.seal(signer, at).note };
  }

  it('is of the key that signed then, in whatever order they come', () => {
    const notes = [noteOf(next, 2), noteOf(old, 1), noteOf(next, 1, 'HOLDS')];
    expect(openKeptNotes(notes, chain).map(({ size }) => size)).toEqual([2, 1, 1]);
  });

  it.each([
    ['an old key, of what was sealed after it', () => noteOf(old, 2)],
    ['an old key, of a stream that it never sealed', () => noteOf(old, 1, 'HOLDS')],
    [
      'another log',
      () => ({ ...noteOf(old, 1), note: noteOf(old, 1).note.replace(name, 'other') }),
    ],
  ])('is refused from %s', (_, made) => {
    expect(() => openKeptNotes([made()], chain)).toThrow(
      expect.objectContaining({ code: 'usage_invalid' }) as Error,
    );
  });
});
