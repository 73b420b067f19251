import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TarEntries, type TarEntry } from '../src/index.js';

/** Archives of the real tar, in every format that it writes. */
const directory = mkdtempSync(join(tmpdir(), 'drawbridge-tar-'));
const long = `${'d'.repeat(90)}/${'n'.repeat(120)}/${'f'.repeat(100)}`;
const files: Readonly<Record<string, Buffer>> = {
  empty: Buffer.alloc(0),
  small: Buffer.from('what the file says'),
  block: Buffer.alloc(512, 'b'),
  large: Buffer.alloc(300_001, 'large'),
  'with space grün 世界': Buffer.from('x'),
  [`${'p'.repeat(60)}/${'q'.repeat(60)}`]: Buffer.from('two fields'),
};

beforeAll(() => {
  for (const [name, content] of Object.entries({ ...files, [long]: Buffer.from('long') })) {
    mkdirSync(join(directory, 'in', dirname(name)), { recursive: true });
    writeFileSync(join(directory, 'in', name), content, { mode: 0o640 });
  }
  symlinkSync('small', join(directory, 'in/link'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function entriesOf(archive: Buffer, chunk: number): { entries: TarEntry[]; broken: number[] } {
  const [entries, broken]: [TarEntry[], number[]] = [[], []];
  const reader = new TarEntries({
    entry: (entry) => entries.push(entry),
    broken: (at) => broken.push(at),
  });
  for (let at = 0; at < archive.length; at += chunk) reader.push(archive.subarray(at, at + chunk));
  reader.end();
  return { entries, broken };
}

function pack(format: string, names: readonly string[]): Buffer {
  const file = join(directory, `${format}.tar`);
  execFileSync('tar', ['-C', join(directory, 'in'), `--format=${format}`, '-cf', file, ...names]);
  return readFileSync(file);
}

describe.each([
  { format: 'gnu', names: [...Object.keys(files), long, 'link'] },
  { format: 'oldgnu', names: [...Object.keys(files), long, 'link'] },
  { format: 'pax', names: [...Object.keys(files), long, 'link'] },
  { format: 'ustar', names: [...Object.keys(files), 'link'] },
  { format: 'v7', names: ['empty', 'small', 'block', 'large', 'link'] },
])('an archive in the format $format', ({ format, names }) => {
  it.each([1, 511, 512, 513, 65_536])('is told in pieces of %d bytes', (chunk) => {
    const { entries, broken } = entriesOf(pack(format, names), chunk);
    expect(broken).toStrictEqual([]);
    expect(entries.map(({ name }) => name)).toStrictEqual(names);
    for (const { name, type, mode, size, sha256, received } of entries) {
      expect(received).toBeUndefined();
      if (name === 'link') {
        expect({ type, size, sha256 }).toStrictEqual({ type: '2', size: 0, sha256: undefined });
        continue;
      }
      const content = readFileSync(join(directory, 'in', name));
      const hash = createHash('sha256').update(content).digest('hex');
      expect({ mode, size, sha256 }).toStrictEqual({
        mode: 0o640,
        size: content.length,
        sha256: hash,
      });
    }
  });

  it('says what is missing where it is cut, and throws at no byte', () => {
    const archive = pack(format, ['small', 'large']);
    const { entries } = entriesOf(archive.subarray(0, 100_000), 4_096);
    expect(entries.map(({ name }) => name)).toStrictEqual(['small', 'large']);
    expect(entries[1]?.sha256).toBeUndefined();
    expect(entries[1]?.received).toBeGreaterThan(90_000);
    for (let at = 0; at < 1_600; at += 7) {
      const bad = Buffer.from(archive);
      bad[at] = (bad[at] ?? 0) ^ 0xff;
      expect(() => entriesOf(bad, 1_000)).not.toThrow();
    }
  });
});

it('what is no archive is said once, and is not looked at any more', () => {
  expect(entriesOf(Buffer.alloc(4_096, 'no'), 100)).toStrictEqual({ entries: [], broken: [512] });
  expect(entriesOf(Buffer.from('short'), 5)).toStrictEqual({ entries: [], broken: [5] });
  expect(entriesOf(Buffer.alloc(0), 5)).toStrictEqual({ entries: [], broken: [] });
});

it('a note that claims to be long is not waited for', () => {
  const archive = pack('gnu', [long]);
  // The header of a long name says 8 GiB: nobody keeps them.
  archive.write('77777777777', 124, 'latin1');
  const sum = archive
    .subarray(0, 512)
    .reduce((all, byte, at) => all + (at >= 148 && at < 156 ? 0x20 : byte), 0);
  archive.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  expect(entriesOf(archive, 100)).toStrictEqual({ entries: [], broken: [512] });
});
