import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { directoryFiles } from './directory-files.js';

let outside: string;
let directory: string;

beforeAll(() => {
  outside = mkdtempSync(join(tmpdir(), 'drawbridge-export-'));
  directory = join(outside, 'unpacked');
  mkdirSync(join(directory, 'messages'), { recursive: true });
  writeFileSync(join(outside, 'secret.pem'), 'secret');
  writeFileSync(join(directory, 'manifest.json'), '{}');
  writeFileSync(join(directory, 'messages', 'ACCESS.ndjson'), 'line\n');
  symlinkSync(join(outside, 'secret.pem'), join(directory, 'messages', 'HOLDS.ndjson'));
  symlinkSync(outside, join(directory, 'checkpoints'));
  symlinkSync('loop', join(directory, 'loop'));
  execFileSync('mkfifo', [join(directory, 'messages', 'STOPS.ndjson')]);
});
afterAll(() => rmSync(outside, { recursive: true }));

describe('the files of an export that somebody else made', () => {
  it('are plain files below it, and no link, pipe or device', async () => {
    const files = await directoryFiles(directory);
    expect([...(await files.paths())].sort()).toEqual(['manifest.json', 'messages/ACCESS.ndjson']);
  });

  it.each([
    '../secret.pem',
    'messages/../../secret.pem',
    'messages/HOLDS.ndjson',
    'messages/STOPS.ndjson',
    'checkpoints/secret.pem',
    '/etc/hostname',
    'messages',
    '',
    '.',
    '__proto__',
    'manifest.json\u0000',
  ])('are not %j', async (path) => {
    expect((await directoryFiles(directory)).read(path)).toBeUndefined();
  });

  it('may not be one file, or nothing', async () => {
    for (const path of ['manifest.json', 'nothing']) {
      await expect(directoryFiles(join(directory, path))).rejects.toMatchObject({
        code: 'file_unreadable',
      });
    }
  });
});
