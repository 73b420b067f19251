import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { link, mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { objectKey, requireHash } from './object-key.js';
import { ObjectStoreError } from './object-store-error.js';
import { MAX_OBJECT_BYTES, type ObjectStore } from './object-store.js';

/** So often at most is written down that an object was put again. */
const RENEW_MS = 86_400_000;
/** What a killed process has left behind. */
const LEFTOVER = /\.(?:tmp|swept)$/;
const LEFTOVER_MS = 86_400_000;

/** Objects as files of a directory, which several processes may share. */
export class DirectoryStore implements ObjectStore {
  /** Directories that are there. */
  readonly #made = new Set<string>();

  constructor(
    private readonly root: string,
    private readonly now: () => number = Date.now,
  ) {}

  async put(sha256: string, bytes: Uint8Array): Promise<void> {
    const path = join(this.root, objectKey(sha256));
    await available(async () => {
      if (!(await this.#renew(path))) await this.#write(path, bytes);
    });
  }

  async get(sha256: string): Promise<Buffer> {
    const path = join(this.root, objectKey(sha256));
    const bytes = await available(() => unlessMissing(readObject(path, sha256)));
    if (bytes === undefined) {
      throw new ObjectStoreError('object_missing', `object ${sha256} is not there`);
    }
    requireHash(sha256, bytes);
    return bytes;
  }

  async sweep(before: Date): Promise<number> {
    return available(async () => {
      let swept = 0;
      for (const directory of await names(join(this.root, 'sha256'))) {
        for (const name of await names(join(this.root, 'sha256', directory))) {
          if (await this.#sweepFile(join(this.root, 'sha256', directory, name), before)) swept += 1;
        }
      }
      return swept;
    });
  }

  close(): void {
    // Nothing is held open.
  }

  /** @returns whether it is there */
  async #renew(path: string): Promise<boolean> {
    const known = await unlessMissing(stat(path));
    if (known === undefined) return false;
    const now = this.now();
    if (now - known.mtimeMs < RENEW_MS) return true;
    // It may be swept in between: then it is put anew.
    return (await unlessMissing(utimes(path, now / 1_000, now / 1_000).then(() => true))) ?? false;
  }

  /** Under its name there is all of it or nothing, whenever the power goes. */
  async #write(path: string, bytes: Uint8Array): Promise<void> {
    const directory = dirname(path);
    await this.#make(directory);
    const temporary = `${path}.${randomUUID()}.tmp`;
    try {
      const file = await open(temporary, 'wx', 0o600);
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
    } catch (error) {
      this.#made.delete(directory);
      await rm(temporary, { force: true });
      throw error;
    }
    await syncDirectory(directory);
  }

  async #make(directory: string): Promise<void> {
    if (this.#made.has(directory)) return;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await syncDirectory(dirname(directory));
    await syncDirectory(this.root);
    this.#made.add(directory);
  }

  /**
   * Taken aside before it is looked at: what is put meanwhile is a file of its own, and what was put again just now is
   * put back.
   */
  async #sweepFile(path: string, before: Date): Promise<boolean> {
    const known = await unlessMissing(stat(path));
    if (known === undefined) return false;
    if (LEFTOVER.test(path)) {
      if (this.now() - known.mtimeMs > LEFTOVER_MS) await rm(path, { force: true });
      return false;
    }
    if (known.mtimeMs >= before.getTime()) return false;
    const aside = `${path}.${randomUUID()}.swept`;
    if ((await unlessMissing(rename(path, aside).then(() => true))) === undefined) return false;
    const isYoung = (await stat(aside)).mtimeMs >= before.getTime();
    if (isYoung) await link(aside, path).catch(unlessThere);
    await rm(aside, { force: true });
    return !isYoung;
  }
}

/** Nobody waits for a pipe, follows a link or fills the memory, whatever somebody has put in the place of an object. */
async function readObject(path: string, sha256: string): Promise<Buffer> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch((error: unknown) => {
    throw systemWord(error) === 'ELOOP' ? notPut(sha256) : error;
  });
  try {
    const known = await file.stat();
    if (!known.isFile() || known.size > MAX_OBJECT_BYTES) throw notPut(sha256);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

const notPut = (sha256: string) =>
  new ObjectStoreError('object_damaged', `what stands for object ${sha256} is not what is put`);

/** A name is durable when its directory is. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const names = async (directory: string): Promise<readonly string[]> =>
  (await unlessMissing(readdir(directory))) ?? [];

async function unlessMissing<Value>(asked: Promise<Value>): Promise<Value | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (systemWord(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function unlessThere(error: unknown): void {
  if (systemWord(error) !== 'EEXIST') throw error;
}

const systemWord = (error: unknown): unknown =>
  error instanceof Error ? Reflect.get(error, 'code') : undefined;

async function available<Value>(run: () => Promise<Value>): Promise<Value> {
  try {
    return await run();
  } catch (cause) {
    if (cause instanceof ObjectStoreError) throw cause;
    const word = systemWord(cause);
    const why = typeof word === 'string' ? word : 'unknown';
    throw new ObjectStoreError(
      'object_store_unavailable',
      `the directory of objects cannot be used (${why})`,
      { cause },
    );
  }
}
