import { execFileSync } from 'node:child_process';
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DirectoryStore, openObjectStore } from '../src/index.js';
import { hashOf, storeContract } from './store-contract.js';

let root = '';
let count = 0;
const fresh = () => join(root, `store-${(count += 1)}`);
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'drawbridge-objects-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const DAY = 86_400_000;
const bytes = Buffer.from('masked body');
const sha256 = hashOf(bytes);
const pathIn = (directory: string, hash = sha256) =>
  join(directory, 'sha256', hash.slice(0, 2), hash.slice(2));
const ageOf = async (path: string, now: number) => now - (await stat(path)).mtimeMs;
const makeOld = (path: string, ms: number) =>
  utimes(path, (Date.now() - ms) / 1_000, (Date.now() - ms) / 1_000);

describe('objects in a directory', () => {
  storeContract(() => openObjectStore(`file://${fresh()}`));

  it('are files that nobody else may read', async () => {
    const directory = fresh();
    await new DirectoryStore(directory).put(sha256, bytes);
    const { mode } = await stat(pathIn(directory));
    expect(mode & 0o777).toBe(0o600);
    expect(await readFile(pathIn(directory))).toStrictEqual(bytes);
  });

  it('leave nothing beside them', async () => {
    const directory = fresh();
    const store = new DirectoryStore(directory);
    await Promise.all(Array.from({ length: 8 }, () => store.put(sha256, bytes)));
    expect(await readdir(join(directory, 'sha256', sha256.slice(0, 2)))).toStrictEqual([
      sha256.slice(2),
    ]);
  });

  it('are not given out when they were changed', async () => {
    const directory = fresh();
    const store = new DirectoryStore(directory);
    await store.put(sha256, bytes);
    await writeFile(pathIn(directory), 'another body');
    await expect(store.get(sha256)).rejects.toMatchObject({ code: 'object_damaged' });
  });

  it.each([
    ['a file that fills the memory', (path: string) => truncate(path, 2 ** 40)],
    [
      'a pipe that never ends',
      async (path: string) => {
        await rm(path);
        execFileSync('mkfifo', [path]);
      },
    ],
    [
      'a link to something else',
      async (path: string) => {
        await rm(path);
        await symlink('/etc/hostname', path);
      },
    ],
    [
      'a directory',
      async (path: string) => {
        await rm(path);
        await mkdir(path);
      },
    ],
  ])('are not given out when there is %s in their place', async (_, replace) => {
    const directory = fresh();
    const store = new DirectoryStore(directory);
    await store.put(sha256, bytes);
    await replace(pathIn(directory));
    await expect(store.get(sha256)).rejects.toMatchObject({ code: 'object_damaged' });
  });

  it('are kept for as long again when they are put again', async () => {
    const directory = fresh();
    const store = new DirectoryStore(directory);
    await store.put(sha256, bytes);
    await makeOld(pathIn(directory), 400 * DAY);
    await store.put(sha256, bytes);
    expect(await ageOf(pathIn(directory), Date.now())).toBeLessThan(DAY);
    expect(await store.sweep(new Date(Date.now() - 399 * DAY))).toBe(0);
    expect(await store.get(sha256)).toStrictEqual(bytes);
  });

  it('come back when the directory was deleted meanwhile', async () => {
    const directory = fresh();
    const store = new DirectoryStore(directory);
    await store.put(sha256, bytes);
    await rm(directory, { recursive: true });
    await expect(store.put(sha256, bytes)).rejects.toMatchObject({
      code: 'object_store_unavailable',
    });
    await store.put(sha256, bytes);
    expect(await store.get(sha256)).toStrictEqual(bytes);
  });

  it('sweeps what a killed process has left, when it is a day old', async () => {
    const directory = fresh();
    const store = new DirectoryStore(directory);
    await store.put(sha256, bytes);
    const left = `${pathIn(directory)}.1234.tmp`;
    await writeFile(left, 'half');
    await store.sweep(new Date(0));
    expect(await readFile(left, 'utf8')).toBe('half');
    await makeOld(left, 2 * DAY);
    expect(await store.sweep(new Date(0))).toBe(0);
    await expect(stat(left)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await store.get(sha256)).toStrictEqual(bytes);
  });

  it('that cannot be written are said to be so', async () => {
    const directory = fresh();
    const store = new DirectoryStore(directory);
    await store.put(sha256, bytes);
    const other = Buffer.from('another');
    // Something in the way, which stops root too.
    await writeFile(dirname(pathIn(directory, hashOf(other))), '');
    await expect(store.put(hashOf(other), other)).rejects.toMatchObject({
      code: 'object_store_unavailable',
    });
  });

  it('at a place where no directory can be are said to be unavailable', async () => {
    const file = fresh();
    await writeFile(file, '');
    const store = new DirectoryStore(file);
    await expect(store.put(sha256, bytes)).rejects.toMatchObject({
      code: 'object_store_unavailable',
    });
    await expect(store.get(sha256)).rejects.toMatchObject({ code: 'object_store_unavailable' });
  });
});
