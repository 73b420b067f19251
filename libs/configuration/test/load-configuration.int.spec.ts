import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  checkConfiguration,
  ConfigurationError,
  formatProblem,
  loadConfiguration,
} from '../src/index.js';
import { documents, valid } from './configuration-of.js';

let directory: string;
const write = async (name: string, text: string | Uint8Array) => {
  await mkdir(join(directory, name, '..'), { recursive: true });
  await writeFile(join(directory, name), text);
};
const problems = async () => {
  const error = await loadConfiguration(directory).catch((thrown: unknown) => thrown);
  if (!(error instanceof ConfigurationError)) throw new Error('expected problems');
  return error.problems.map((problem) => formatProblem(problem).replaceAll(`${directory}/`, ''));
};

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-configuration-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

describe('loading a directory', () => {
  it('reads *.yaml and *.yml at any depth, and nothing else', async () => {
    await write('a.yaml', valid.human('a'));
    await write('deep/er/b.yml', valid.human('b'));
    await write('deep/c.json', '{');
    await write('README.md', '# no');
    await write('.hidden.yaml', '{');
    await write('.hidden/d.yaml', '{');
    const { humans } = await loadConfiguration(directory);
    expect(humans.map(({ metadata, source }) => [metadata.name, source.file])).toStrictEqual([
      ['a', join(directory, 'a.yaml')],
      ['b', join(directory, 'deep/er/b.yml')],
    ]);
  });

  it('reads a single file', async () => {
    await write('a.yaml', valid.human());
    expect((await loadConfiguration(join(directory, 'a.yaml'))).humans).toHaveLength(1);
  });

  it('reads a mounted ConfigMap: links into a hidden directory', async () => {
    await write('..2026_01_05/a.yaml', valid.human());
    await symlink('..2026_01_05', join(directory, '..data'));
    await symlink('..data/a.yaml', join(directory, 'a.yaml'));
    expect((await loadConfiguration(directory)).humans).toHaveLength(1);
  });

  it('takes once what links reach twice, and ends in a loop of links', async () => {
    await write('a.yaml', valid.human());
    await symlink('.', join(directory, 'loop'));
    await symlink('a.yaml', join(directory, 'b.yaml'));
    expect((await loadConfiguration(directory)).humans).toHaveLength(1);
  });

  it('lists what cannot be read, of all files', async () => {
    await write('a.yaml', valid.human().replace('email: ', 'mail: '));
    await write('b.yaml', new Uint8Array([0xff, 0xfe, 0x00]));
    await symlink('nowhere', join(directory, 'c.yaml'));
    await symlink('d.yaml', join(directory, 'd.yaml'));
    await write('e.yaml', '');
    await truncate(join(directory, 'e.yaml'), 1024 * 1024 + 1);
    execFileSync('mkfifo', [join(directory, 'f.yaml')]);
    expect(await problems()).toStrictEqual([
      'a.yaml:5:3 spec.email: expected text (got nothing)',
      'a.yaml:7:3 spec.mail: is not a field',
      'b.yaml:1:1 cannot be read (not UTF-8)',
      'c.yaml:1:1 cannot be read (ENOENT)',
      'd.yaml:1:1 cannot be read (ELOOP)',
      'e.yaml:1:1 is larger than 1048576 bytes',
      'f.yaml:1:1 is not a regular file',
    ]);
  });

  it('names a file without permission', async () => {
    await write('a.yaml', valid.human());
    await chmod(directory, 0o755);
    await chmod(join(directory, 'a.yaml'), 0);
    expect(await asNobody(problems)).toStrictEqual(['a.yaml:1:1 cannot be read (EACCES)']);
  });

  it('refuses a directory that is not there, or holds nothing', async () => {
    await expect(loadConfiguration(join(directory, 'none'))).rejects.toThrow('(ENOENT)');
    await write('README.md', '# no');
    await expect(loadConfiguration(directory)).rejects.toThrow('holds no document');
  });

  it('refuses too many files', async () => {
    for (let index = 0; index <= 500; index += 1) await write(`f${index}.yaml`, '# nothing\n');
    await expect(loadConfiguration(directory)).rejects.toThrow('holds more than 500 files');
  });

  it('refuses directories nested too deep', async () => {
    await write('1/2/3/4/5/6/7/8/9/a.yaml', valid.human());
    await expect(loadConfiguration(directory)).rejects.toThrow('more than 8 directories deep');
  });
});

describe('checking a directory', () => {
  it('reports what is there and what may be missing', async () => {
    await write(
      'a.yaml',
      documents(
        valid.issuer('certificateAuthorityFile: ca.pem'),
        valid.connection('https://k', 'certificateAuthorityFile: a.yaml'),
      ).replace(
        '{type: bearerToken, environmentVariable: TOKEN}',
        '{type: bearerToken, file: token}',
      ),
    );
    const report = await checkConfiguration(directory);
    expect(report).toMatchObject({
      valid: true,
      documents: { Issuer: 1, Human: 0, Action: 0, Connection: 1, Policy: 0 },
    });
    const warnings = report.valid ? report.warnings : [];
    expect(warnings.map(formatProblem).map((line) => line.replace(directory, ''))).toStrictEqual([
      '/a.yaml:1:1 spec.certificateAuthorityFile: names a file that cannot be read here',
      '/a.yaml:10:1 spec.credential.file: names a file that cannot be read here',
    ]);
  });

  it('reports problems instead of throwing', async () => {
    await write('a.yaml', 'kind: Human\n');
    expect(await checkConfiguration(directory)).toMatchObject({
      valid: false,
      problems: [{ line: 1 }, { line: 1 }, { line: 1 }],
    });
  });

  it('finds nothing wrong with the shipped example', async () => {
    const example = fileURLToPath(new URL('../../../infra/config', import.meta.url));
    expect(await checkConfiguration(example)).toMatchObject({
      valid: true,
      documents: {
        Issuer: 1,
        Human: 4,
        Action: 8,
        Connection: 1,
        Policy: 4,
        Guardrail: 1,
        Schedule: 0,
        Risk: 0,
      },
    });
  });
});

/** Root may read every file, so what needs a refusal runs as somebody else for the moment. */
async function asNobody<Result>(run: () => Promise<Result>): Promise<Result> {
  const asRoot = process.getuid?.() === 0;
  if (asRoot) process.seteuid?.('nobody');
  try {
    return await run();
  } finally {
    if (asRoot) process.seteuid?.(0);
  }
}
