import type { ExecMatch } from '@drawbridge/contracts';
import { RE2JS } from 're2js';
import type { ExecCommand } from '../exec/unfold-argv.js';
import type { FileTransfer } from '../exec/file-transfer.js';
import { compileGlobs } from './glob.js';
import { ofGlob, type Matcher } from './match-request.js';
import { both, matchOf, oneOf, type Match } from './tri-state.js';

/** What runs in a channel. A call that opens none is not meant; an exec of which nothing is known may be. */
export function compileExec(exec: ExecMatch | undefined): Matcher[] {
  if (exec === undefined) return [];
  const { interactive, tty, containers } = exec;
  const matchers = [
    ...(tty === undefined ? [] : [(view: View) => matchOf(view.call.exec?.tty === tty)]),
    ...ofGlob(containers, ({ call }) => call.exec?.container),
    ...(interactive === undefined ? [] : [(view: View) => matchInteractive(view, interactive)]),
    ...compileCommands(exec),
    ...compileTransfers(exec.transfers),
  ];
  return [
    (view) => {
      if (view.call.exec === undefined) return isExec(view) ? 'unknown' : 'no';
      return matchers.reduce<Match>((match, next) => both(match, () => next(view)), 'yes');
    },
  ];
}

const isExec = ({ call: { request } }: View): boolean =>
  request.kind === 'resource' && request.subresource === 'exec';

type View = Parameters<Matcher>[0];

function matchInteractive({ exec }: View, expected: boolean): Match {
  if (exec.interactive) return matchOf(expected);
  return exec.opaque ? 'unknown' : matchOf(!expected);
}

/** One command must match both, program and words. */
function compileCommands({ programs, commands }: ExecMatch): Matcher[] {
  if (programs === undefined && commands === undefined) return [];
  const isProgram = compileGlobs(programs ?? ['*']);
  const expressions = commands?.map((source) => RE2JS.compile(source));
  const matchCommand = (command: ExecCommand): Match =>
    both(matchProgram(command, isProgram), () => matchWords(command, expressions));
  return [
    ({ exec }) => {
      const match = oneOf(exec.commands, matchCommand);
      return match === 'no' && exec.opaque ? 'unknown' : match;
    },
  ];
}

function matchProgram({ program, words }: ExecCommand, isProgram: (text: string) => boolean) {
  return words[0]?.dynamic === true ? 'unknown' : matchOf(isProgram(program));
}

function matchWords({ words }: ExecCommand, expressions: readonly RE2JS[] | undefined): Match {
  if (expressions === undefined) return 'yes';
  const text = words.map((word) => word.text).join(' ');
  if (expressions.some((expression) => expression.matcher(text).find())) return 'yes';
  return words.some(({ dynamic }) => dynamic) ? 'unknown' : 'no';
}

function compileTransfers(transfers: ExecMatch['transfers']): Matcher[] {
  if (transfers === undefined) return [];
  const { directions, paths } = transfers;
  const isPath = compileGlobs(paths ?? ['*']);
  const matchTransfer = ({ direction, path }: FileTransfer): Match => {
    if (directions !== undefined && !directions.includes(direction)) return 'no';
    if (paths === undefined) return 'yes';
    return path === '' ? 'unknown' : matchOf(isPath(path));
  };
  return [({ exec }) => oneOf(exec.transfers, matchTransfer)];
}
