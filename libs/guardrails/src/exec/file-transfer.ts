import type { ShellWord } from './shell-script.js';
import type { ExecCommand, UnfoldedArgv } from './unfold-argv.js';

/** Files that go through a channel; seen from the caller. */
export interface FileTransfer {
  readonly direction: 'upload' | 'download';
  /** As it was given; `''` when it is known only when it runs. */
  readonly path: string;
}

/**
 * The file transfers among commands: `kubectl cp` (which runs tar), scp, rsync, and the usual ways to write what
 * comes in to a file.
 *
 * Reading a file with `cat` is no transfer, and a program can always send a file in a way of its own.
 */
export function fileTransfersOf({ commands }: UnfoldedArgv): readonly FileTransfer[] {
  return commands.flatMap((command) => [
    ...(byProgram.get(command.program)?.(command.words.slice(1)) ?? []),
    ...writtenBy(command),
  ]);
}

type Words = readonly ShellWord[];
const pathOf = (word: ShellWord | undefined): string => (word?.dynamic === false ? word.text : '');

/** A map, because programs may have any name: `valueOf` too. */
const byProgram: ReadonlyMap<string, (words: Words) => readonly FileTransfer[]> = new Map([
  ['tar', tarTransfers],
  ['bsdtar', tarTransfers],
  ['scp', scpTransfers],
  ['rsync', rsyncTransfers],
  ['dd', ddTransfers],
  ['tee', teeTransfers],
]);

function teeTransfers(words: Words): readonly FileTransfer[] {
  return operandsOf(words).map((word) => ({ direction: 'upload', path: pathOf(word) }));
}

interface Tar {
  mode: string;
  archive: string;
  directory: string;
  operands: ShellWord[];
}

function tarTransfers(words: Words): readonly FileTransfer[] {
  const { mode, archive, directory, operands } = readTar(words);
  if (archive !== '-' && archive !== '' && !archive.startsWith('/dev/std')) return [];
  if (mode === 'x') return [{ direction: 'upload', path: directory || '.' }];
  if (mode !== 'c') return [];
  const paths = operands.length === 0 ? [directory || '.'] : operands.map(pathOf);
  return paths.map((path) => ({ direction: 'download', path: inDirectory(directory, path) }));
}

/** Letters may come without a dash in the first word: `tar cf - /data`. */
function readTar(words: Words): Tar {
  const tar: Tar = { mode: '', archive: '', directory: '', operands: [] };
  const rest = [...words];
  let isFirst = true;
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const letters = isFirst ? /^([A-Za-z]+|-[A-Za-z]\S*)$/ : /^(-[A-Za-z]\S*)$/;
    isFirst = false;
    const short = letters.exec(word.text)?.[1]?.replace(/^-/, '');
    if (short !== undefined) readTarLetters(tar, short, rest);
    else if (word.text.startsWith('--')) readTarOption(tar, word.text);
    else tar.operands.push(word);
  }
  return tar;
}

function readTarLetters(tar: Tar, letters: string, rest: ShellWord[]): void {
  const valuedAt = letters.search(/[fC]/);
  const modes = valuedAt === -1 ? letters : letters.slice(0, valuedAt);
  tar.mode = /[xctr]/.exec(modes)?.[0] ?? tar.mode;
  if (valuedAt === -1) return;
  const attached = letters.slice(valuedAt + 1);
  // What follows the letter in the same word is its value: `-f-`, `-C/tmp`; in `cfz -` it is more letters.
  const isMore = /^[a-zA-Z]*$/.test(attached);
  const value = isMore ? pathOf(rest.shift()) : attached;
  tar[letters[valuedAt] === 'f' ? 'archive' : 'directory'] = value;
  if (isMore) readTarLetters(tar, attached, rest);
}

function readTarOption(tar: Tar, option: string): void {
  const [name, value = ''] = option.split('=', 2);
  if (name === '--extract' || name === '--get') tar.mode = 'x';
  else if (name === '--create') tar.mode = 'c';
  else if (name === '--file') tar.archive = value;
  else if (name === '--directory') tar.directory = value;
}

function inDirectory(directory: string, path: string): string {
  return directory === '' || path.startsWith('/') || path === directory
    ? path
    : `${directory.replace(/\/$/, '')}/${path}`;
}

/** The far end of scp: `-t` takes files, `-f` sends them. */
function scpTransfers(words: Words): readonly FileTransfer[] {
  const takes = words.some(({ text }) => /^-[^-]*t$/.test(text));
  const sends = words.some(({ text }) => /^-[^-]*f$/.test(text));
  if (takes === sends) return [];
  return operandsOf(words).map((word) => ({
    direction: takes ? 'upload' : 'download',
    path: pathOf(word),
  }));
}

function rsyncTransfers(words: Words): readonly FileTransfer[] {
  if (!words.some(({ text }) => text === '--server')) return [];
  const direction = words.some(({ text }) => text === '--sender') ? 'download' : 'upload';
  const [, ...paths] = operandsOf(words);
  return paths.map((word) => ({ direction, path: pathOf(word) }));
}

function ddTransfers(words: Words): readonly FileTransfer[] {
  const value = (name: string) => words.find(({ text }) => text.startsWith(`${name}=`));
  const [from, to] = [value('if'), value('of')];
  const path = (word: ShellWord) => (word.dynamic ? '' : word.text.slice(3));
  if (from === undefined && to !== undefined) return [{ direction: 'upload', path: path(to) }];
  if (from !== undefined && to === undefined) return [{ direction: 'download', path: path(from) }];
  return [];
}

/** Programs that pass on what comes in, possibly decoded. */
const passing = new Set(['', 'cat', 'base64', 'gunzip', 'zcat', 'gzip', 'xxd', 'uudecode']);

function writtenBy({ program, words, redirects }: ExecCommand): readonly FileTransfer[] {
  const readsFile =
    operandsOf(words.slice(1)).length > 0 || redirects.some(({ operator }) => operator === '<');
  if (!passing.has(program) || (program !== '' && readsFile)) return [];
  return redirects
    .filter(({ operator, target }) => /^>[>|]?$/.test(operator) && target.text !== '/dev/null')
    .map(({ target }) => ({ direction: 'upload', path: pathOf(target) }));
}

const operandsOf = (words: Words): Words =>
  words.filter(({ text }) => !text.startsWith('-') || text === '-');
