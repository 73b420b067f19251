import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { exitCodeMeanings } from '../src/exit-code.js';
import { buildCli, Somebody } from './drawbridge.js';

const manual = await readFile(new URL('../../../docs/cli.md', import.meta.url), 'utf8');
const help = async (...args: string[]) => {
  const somebody = await Somebody.with({});
  const { stdout } = await somebody.drawbridge(...args, '--help');
  await somebody.remove();
  return stdout;
};
const commandsIn = (text: string): string[] =>
  [...(/Commands:\n([\s\S]*?)(?:\n\n|\n$)/.exec(text)?.[1] ?? '').matchAll(/^ {2}([a-z]+) /gm)]
    .map(([, name = '']) => name)
    .filter((name) => name !== 'help');

beforeAll(buildCli);

describe('the manual', () => {
  it('lists the exit codes that the program has', async () => {
    const rows = [...manual.matchAll(/^\| (\d+) +\| (.+?) +\|$/gm)].map(([, code, text]) => [
      code,
      text,
    ]);
    expect(Object.fromEntries(rows)).toEqual(exitCodeMeanings);
    const shown = await help();
    for (const [code, meaning] of Object.entries(exitCodeMeanings)) {
      expect(shown).toContain(`  ${code}  ${meaning}`);
    }
  });

  it('lists the commands that the program has', async () => {
    const groups = await Promise.all(
      commandsIn(await help()).map(async (name) => {
        const inner = commandsIn(await help(name));
        return inner.length === 0 ? [name] : inner.map((one) => `${name} ${one}`);
      }),
    );
    const listed = [...manual.matchAll(/^\| `drawbridge ([a-z ]+)`/gm)].map(([, name]) => name);
    expect(listed.sort()).toEqual(groups.flat().sort());
  });

  it('names the options of every command', async () => {
    for (const command of [
      'request',
      'login',
      'kubeconfig',
      'status',
      'audit commands',
      'audit holds',
      'audit events',
    ]) {
      const shown = await help(...command.split(' '));
      const options = [...shown.matchAll(/^ {2}(?:-\w, )?--([a-z-]+)/gm)].map(([, name]) => name);
      expect(options.length).toBeGreaterThan(5);
      for (const name of options.filter((one) => one !== 'help')) {
        expect(manual, `${command} --${name ?? ''}`).toMatch(new RegExp(`--${name ?? ''}\\b`));
      }
    }
  });
});
