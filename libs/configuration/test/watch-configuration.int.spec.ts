import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  ConfigurationError,
  watchConfiguration,
  type Configuration,
  type ConfigurationWatcher,
} from '../src/index.js';
import { valid } from './configuration-of.js';

let directory: string;
let watcher: ConfigurationWatcher | undefined;
let changes: string[][];
let errors: unknown[];
let accept: (configuration: Configuration) => void | Promise<void>;

const names = ({ humans }: Configuration) => humans.map(({ metadata }) => metadata.name);
const write = (name: string, text: string) => writeFile(join(directory, name), text);
const watch = async () => {
  watcher = await watchConfiguration(directory, {
    only: ['Human'],
    pollMs: 10,
    onChange: async (configuration) => {
      await accept(configuration);
      changes.push(names(configuration));
    },
    onError: (error) => errors.push(error),
  });
  return watcher;
};
const until = (check: () => void) => vi.waitFor(check, { timeout: 45_000, interval: 10 });

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-watch-'));
  changes = [];
  errors = [];
  accept = () => undefined;
});
afterEach(async () => {
  await watcher?.close();
  watcher = undefined;
  await rm(directory, { recursive: true, force: true });
});

describe('watching a directory', () => {
  it('refuses to start on a bad one', async () => {
    await write('a.yaml', 'kind: Human\n');
    await expect(watch()).rejects.toThrow(ConfigurationError);
  });

  it('takes changed, new and removed files', async () => {
    await write('a.yaml', valid.human('a'));
    const { current } = await watch();
    expect(names(current)).toStrictEqual(['a']);
    await write('b.yaml', valid.human('b'));
    await until(() => expect(changes.at(-1)).toStrictEqual(['a', 'b']));
    await write('a.yaml', valid.human('z'));
    await until(() => expect(changes.at(-1)).toStrictEqual(['z', 'b']));
    await rm(join(directory, 'a.yaml'));
    await until(() => expect(changes.at(-1)).toStrictEqual(['b']));
    expect(watcher && names(watcher.current)).toStrictEqual(['b']);
    expect(errors).toStrictEqual([]);
  });

  it('takes the swap of a ConfigMap as one change', async () => {
    const version = async (name: string, humans: readonly string[]) => {
      await mkdir(join(directory, name));
      for (const file of ['a', 'b'])
        await write(`${name}/${file}.yaml`, valid.human(humans[file === 'a' ? 0 : 1]));
      await symlink(name, join(directory, '..tmp'));
      await rename(join(directory, '..tmp'), join(directory, '..data'));
    };
    await version('..v1', ['a', 'b']);
    for (const file of ['a.yaml', 'b.yaml']) await symlink(`..data/${file}`, join(directory, file));
    await watch();
    await version('..v2', ['c', 'd']);
    await until(() => expect(changes).toStrictEqual([['c', 'd']]));
  });

  it('keeps the last good one, says why, and goes on when it is mended', async () => {
    await write('a.yaml', valid.human('a'));
    const running = await watch();
    await write('a.yaml', valid.human('a').replace('email', 'mail'));
    await until(() => expect(errors).toHaveLength(1));
    expect(running.error).toBeInstanceOf(ConfigurationError);
    expect(names(running.current)).toStrictEqual(['a']);
    expect(changes).toStrictEqual([]);
    await write('a.yaml', valid.human('b'));
    await until(() => expect(changes).toStrictEqual([['b']]));
    expect(running.error).toBeUndefined();
    expect(errors).toHaveLength(1);
  });

  it('keeps the last good one when the directory goes away', async () => {
    await write('a.yaml', valid.human('a'));
    const running = await watch();
    await rename(directory, `${directory}-away`);
    await until(() => expect(running.error).toBeInstanceOf(ConfigurationError));
    expect(names(running.current)).toStrictEqual(['a']);
    await rename(`${directory}-away`, directory);
    await until(() => expect(running.error).toBeUndefined());
    expect(changes).toStrictEqual([]);
  });

  it('does not call a new layout a change, but remembers where things stand now', async () => {
    await write('a.yaml', valid.human('a'));
    const running = await watch();
    await write('a.yaml', `# why\n${valid.human('a')}`);
    await until(() => expect(running.current.humans[0]?.source.line).toBe(2));
    expect(changes).toStrictEqual([]);
  });

  it('stays with the one before when the new one is refused', async () => {
    await write('a.yaml', valid.human('a'));
    const running = await watch();
    accept = () => {
      throw new Error('not this one');
    };
    await write('a.yaml', valid.human('b'));
    await until(() => expect(errors).toHaveLength(1));
    expect(running.error).toStrictEqual(new Error('not this one'));
    expect(names(running.current)).toStrictEqual(['a']);
  });

  it('calls nothing after it is closed', async () => {
    await write('a.yaml', valid.human('a'));
    const running = await watch();
    await running.close();
    await write('a.yaml', valid.human('b'));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([changes, errors]).toStrictEqual([[], []]);
  });
});
