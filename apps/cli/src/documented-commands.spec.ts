import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runProgram } from './program.js';

const root = resolve(import.meta.dirname, '../../..');
const documents = globSync(
  '{*.md,docs/**/*.md,infra/**/*.md,{apps,libs,services}/*/README.md,{bench,e2e,tools}/README.md}',
  {
    cwd: root,
  },
).filter((file) => !file.includes('node_modules'));

/** Every command line of a document: in fenced blocks, and in code spans of the text. */
function commandLinesOf(text: string): readonly string[] {
  const fenced = [...text.matchAll(/^```[^\n]*\n(.*?)^```/gms)].flatMap(([, block = '']) =>
    block.replaceAll(/\\\n\s*/g, '').split('\n'),
  );
  const spans = [...text.replaceAll(/^```.*?^```$/gms, '').matchAll(/`([^`]+)`/g)];
  return [...fenced, ...spans.map(([, span = '']) => span.replaceAll(/\s+/g, ' '))]
    .flatMap((line) => line.split(/\s(?:&&|\|\||;|\|)\s/))
    .map((line) =>
      line
        .replace(/^\s*[$#]\s+/, '')
        .replace(/\s#\s.*$/, '')
        .trim(),
    )
    .filter((line) => /^(?:\w+=\S+ )*(?:\.\/)?drawbridge [a-z-]/.test(line));
}

/** The words after the program's name; what is quoted is one word. */
function wordsOf(line: string): readonly string[] {
  const words = line.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
  return words.slice(words.findIndex((word) => /^(?:\.\/)?drawbridge$/.test(word)) + 1);
}

interface Explained {
  readonly options: ReadonlySet<string>;
  readonly commands: ReadonlySet<string>;
}

/** What `--help` of a command says, as a user reads it. */
async function explain(...command: string[]): Promise<Explained> {
  const said: string[] = [];
  const code = await runProgram(
    {
      env: {},
      out: (text) => said.push(text),
      note: () => undefined,
      clock: () => new Date(0),
      program: '/drawbridge',
      interrupted: new AbortController().signal,
    },
    [...command, '--help'],
  );
  expect(code).toBe(0);
  const text = said.join('');
  const options = [...text.matchAll(/^ {2}(?:(-\w), )?(--[\w-]+)/gm)].flatMap(
    ([, ...names]) => names,
  );
  const [, commands = ''] = /^Commands:\n((?: {2}.*\n?)+)/m.exec(text) ?? [];
  return {
    options: new Set(options),
    commands: new Set([...commands.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name = '']) => name)),
  };
}

/** Where a command of the launcher with further options explains them. */
const explainedIn: Readonly<Record<string, string>> = {
  'bench proxy': 'bench/src/options.ts',
  'bench soak': 'bench/src/soak/soak-options.ts',
};

/** The options of a command of the launcher, which may have a second word. */
function launchedBy(name: string, sub: string): ReadonlySet<string> | undefined {
  const commands = launcherCommands();
  return commands.get(name) ?? commands.get(`${name} ${sub}`);
}

/** Commands that the launcher answers itself, with the options of its help. */
function launcherCommands(): ReadonlyMap<string, ReadonlySet<string>> {
  const help = readFileSync(join(root, 'tools/launcher/help.mjs'), 'utf8');
  return new Map(
    [...help.matchAll(/^ {2}([a-z]+(?: [a-z]+)?)((?: \[[^\]]+\])*) {2,}\S/gm)].map(
      ([, name = '', synopsis = '']) => {
        const own = synopsis.match(/(?<=\[)--?[\w-]+/g) ?? [];
        const file = explainedIn[name];
        const text = file === undefined ? '' : readFileSync(join(root, file), 'utf8');
        const further = text.match(/(?<=^ {2})--[\w-]+/gm) ?? [];
        return [name, new Set(['--help', ...own, ...further])];
      },
    ),
  );
}

/** What kubectl runs; `main.ts` answers it before any other command is loaded. */
const hidden: ReadonlySet<string> = new Set(['credential']);

/** The options of the command that the words name, or why there is no such command. */
async function optionsFor(words: readonly string[]): Promise<ReadonlySet<string> | string> {
  const [name = '', sub = ''] = words;
  const launched = launchedBy(name, sub);
  if (launched !== undefined) return launched;
  if (hidden.has(name)) return new Set();
  const program = await explain();
  if (name.startsWith('-')) return program.options;
  if (!program.commands.has(name)) return `there is no command ${name}`;
  const { options, commands } = await explain(name);
  if (commands.size === 0 || sub.startsWith('-')) return options;
  return commands.has(sub)
    ? (await explain(name, sub)).options
    : `there is no command ${name} ${sub}`;
}

/** What is wrong with a command line, if anything. */
async function faultOf(line: string): Promise<string | undefined> {
  const words = wordsOf(line);
  const own = words.includes('--') ? words.slice(0, words.indexOf('--')) : words;
  const known = await optionsFor(own);
  if (typeof known === 'string') return known;
  const unknown = own
    .filter((word) => /^--?[a-z]/.test(word))
    .map((word) => word.replace(/=.*$/, ''))
    .filter((option) => !known.has(option));
  const noStage = own[0] === 'test' ? own.slice(1).filter((word) => !stages().has(word)) : [];
  const wrong = [...unknown, ...noStage];
  return wrong.length === 0 ? undefined : `${own[0] ?? ''} has no ${wrong.join(', ')}`;
}

/** The rungs that `./drawbridge test` knows. */
function stages(): ReadonlySet<string> {
  const source = readFileSync(join(root, 'tools/ladder/stages.mjs'), 'utf8');
  const names = [...source.matchAll(/(?:command|vitest)Stage\('(\w+)'/g)];
  return new Set(names.map(([, name = '']) => name));
}

const linesByDocument = documents
  .map((file) => ({ file, lines: commandLinesOf(readFileSync(join(root, file), 'utf8')) }))
  .filter(({ lines }) => lines.length > 0);

describe('command lines in the documents', () => {
  it('are found, in blocks and in text', () => {
    const found = linesByDocument.flatMap(({ lines }) => lines);
    expect(found).toContain('./drawbridge demo');
    expect(found).toContain('./drawbridge test unit');
    expect(found.filter((line) => line.includes(' --')).length).toBeGreaterThan(3);
    expect(linesByDocument.length).toBeGreaterThan(3);
  });

  it.each(linesByDocument)('exist: $file', async ({ lines }) => {
    const faults = await Promise.all(
      lines.map(async (line) => ({ line, fault: await faultOf(line) })),
    );
    expect(faults.filter(({ fault }) => fault !== undefined)).toEqual([]);
  });

  it.each([
    ['drawbridge beg for-it', 'there is no command beg'],
    ['./drawbridge request -c prod-eks --minutes 5', 'request has no --minutes'],
    ['drawbridge audit everything', 'there is no command audit everything'],
    ['drawbridge audit events --minutes 5', 'audit has no --minutes'],
    ['./drawbridge demo --twice', 'demo has no --twice'],
    ['./drawbridge test everything', 'test has no everything'],
  ])('would be refused: %s', async (line, fault) => {
    expect(await faultOf(line)).toBe(fault);
  });

  it('would be taken with an option of the command, also a short one', async () => {
    expect(await faultOf('TEAM=a drawbridge request x -c a --wait=5m')).toBeUndefined();
  });
});
