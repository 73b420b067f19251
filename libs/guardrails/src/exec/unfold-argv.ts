import { parseShellScript, type ShellCommand, type ShellWord } from './shell-script.js';
import { interpreters, shells, wrappers, type Wrapper } from './wrapper-options.js';

/** One program that an argument vector comes down to. */
export interface ExecCommand {
  /** Base name, without directories; what is known of it when it is dynamic. */
  readonly program: string;
  readonly words: readonly ShellWord[];
  readonly redirects: ShellCommand['redirects'];
}

/** What runs when an argument vector runs, as far as the words tell. */
export interface UnfoldedArgv {
  /** The programs, wrappers such as `sh` and `env` included, in the order they stand. */
  readonly commands: readonly ExecCommand[];
  /** A shell or interpreter starts that takes its commands from whoever opened the channel. */
  readonly interactive: boolean;
  /** Something else runs that the words do not tell: a script file, a variable as a program, `eval "$x"`. */
  readonly opaque: boolean;
}

const MAX_DEPTH = 20;
const MAX_COMMANDS = 1_000;

/**
 * Unfolds an argument vector into the programs that it runs: through `sh -c`, `bash -lc`, env, nohup, timeout,
 * sudo, xargs, `find -exec` and the like, and through pipes, lists and substitutions of scripts.
 *
 * What a program does with its words is not looked at: `python -c` and `awk` are programs and nothing more.
 */
export function unfoldArgv(argv: readonly string[]): UnfoldedArgv {
  const unfolding = new Unfolding();
  unfolding.take({ words: argv.map((text) => ({ text, dynamic: false })), redirects: [] });
  const { commands, interactive, opaque } = unfolding;
  return { commands, interactive, opaque };
}

class Unfolding {
  readonly commands: ExecCommand[] = [];
  interactive = false;
  opaque = false;
  #depth = 0;

  take({ words, redirects }: ShellCommand): void {
    const [first, ...rest] = words;
    if (first === undefined && redirects.length === 0) return;
    const program = (first?.text ?? '').split('/').at(-1) ?? '';
    this.commands.push({ program, words, redirects });
    if (first?.dynamic === true || this.#depth >= MAX_DEPTH) {
      this.opaque = true;
      return;
    }
    this.#depth += 1;
    this.#follow(program, rest, (inner) => this.take({ words: inner, redirects }));
    this.#depth -= 1;
  }

  #follow(program: string, rest: readonly ShellWord[], run: Run): void {
    const wrapper = wrappers.get(program);
    if (wrapper !== undefined) this.#wrapped(program, afterOptions(rest, wrapper), run);
    else if (shells.has(program)) this.#shell(rest);
    else if (program === 'su' || program === 'script') this.#withCommandOption(rest);
    else if (program === 'eval') this.#script(rest);
    else if (program === 'trap') this.#script(rest.slice(0, 1));
    else if (program === '.' || program === 'source') this.opaque = true;
    else if (program === 'find') execOf(rest).forEach(run);
    else this.#interpreter(program, rest);
  }

  #wrapped(program: string, { before, after }: Split, run: Run): void {
    const split = program === 'env' ? splitOf(before) : undefined;
    if (split !== undefined) this.#script([split, ...after]);
    else if (after.length === 0) this.interactive ||= startsShell.has(program);
    // Watch hands its words to a shell; flock and others know -c.
    else if (program === 'watch') this.#script(after);
    else if (after[0]?.text === '-c') this.#script(after.slice(1, 2));
    else run(after);
  }

  #shell(rest: readonly ShellWord[]): void {
    const { before, after } = afterShellOptions(rest);
    const [operand] = after;
    const has = (letter: string) => before.some(({ text }) => isFlag(text, letter));
    if (has('c')) this.#script(after.slice(0, 1));
    else if (operand === undefined || has('s') || isInput(operand)) this.interactive = true;
    else this.opaque = true;
  }

  #withCommandOption(rest: readonly ShellWord[]): void {
    const at = rest.findIndex(({ text }) => /^-[^-]*c$|^--command$/.test(text));
    const joined = rest.find(({ text }) => text.startsWith('--command='));
    const command = joined ? { ...joined, text: joined.text.slice(10) } : rest[at + 1];
    if (at === -1 && joined === undefined) this.interactive = true;
    else this.#script(command === undefined ? [] : [command]);
  }

  /** Words that a shell joins and reads as a script. */
  #script(words: readonly ShellWord[]): void {
    if (words.some(({ dynamic }) => dynamic)) this.opaque = true;
    const commands = parseShellScript(words.map(({ text }) => text).join(' '));
    if (commands === undefined || this.commands.length > MAX_COMMANDS) this.opaque = true;
    else for (const command of commands) this.take(command);
  }

  #interpreter(program: string, rest: readonly ShellWord[]): void {
    const given = interpreters.get(program.replace(/[\d.]+$/, ''));
    if (given === undefined) return;
    const runsWord = rest.some(({ text }) => given.test(text));
    const isDatabase = !given.source.includes('[cerm]');
    const operand = rest.find(({ text }) => !text.startsWith('-') || text === '-');
    if (!runsWord && (isDatabase || operand === undefined || isInput(operand))) {
      this.interactive = true;
    }
  }
}

type Run = (words: readonly ShellWord[]) => void;

interface Split {
  readonly before: readonly ShellWord[];
  readonly after: readonly ShellWord[];
}

/** Wrappers that start a shell when they are given nothing to start. */
const startsShell = new Set(['sudo', 'doas', 'unshare', 'nsenter', 'chroot']);

const isFlag = (text: string, letter: string): boolean =>
  /^-[^-]/.test(text) && text.includes(letter);

/** A shell's options, and what follows them: a script after `-c`, otherwise a file. */
function afterShellOptions(rest: readonly ShellWord[]): Split {
  let index = 0;
  for (; index < rest.length; index += 1) {
    const { text = '' } = rest[index] ?? {};
    if (!/^[-+]./.test(text) || text === '--') break;
    if (/^--(rcfile|init-file)$|^[-+][^-]*[oO]$/.test(text)) index += 1;
  }
  const ends = rest[index]?.text;
  const skipped = ends === '--' || ends === '-' ? 1 : 0;
  return { before: rest.slice(0, index), after: rest.slice(index + skipped) };
}

/** A wrapper's own words, and those of the program behind them. */
function afterOptions(rest: readonly ShellWord[], wrapper: Wrapper): Split {
  let index = 0;
  let operands = wrapper.operands;
  for (; index < rest.length; index += 1) {
    const { text = '' } = rest[index] ?? {};
    if (text === '--') {
      index += 1;
      break;
    }
    if (wrapper.valued.has(text)) index += 1;
    else if (/^-./.test(text)) continue;
    else if (wrapper.assignments && /^\w+=/.test(text)) continue;
    else if (operands > 0) operands -= 1;
    else break;
  }
  return { before: rest.slice(0, index), after: rest.slice(index) };
}

/** `env -S 'words'`: one word that is several. */
function splitOf(before: readonly ShellWord[]): ShellWord | undefined {
  const option = /^(-[^-S]*S|--split-string(?:=|$))/;
  const at = before.findIndex(({ text }) => option.test(text));
  const word = before[at];
  if (word === undefined) return undefined;
  const attached = word.text.replace(option, '');
  return attached === '' ? before[at + 1] : { ...word, text: attached };
}

const isInput = ({ text }: ShellWord): boolean =>
  text === '-' || text === '/dev/stdin' || text === '/dev/tty' || text === '/proc/self/fd/0';

/** The programs that `find` runs. */
function execOf(rest: readonly ShellWord[]): readonly (readonly ShellWord[])[] {
  return rest.flatMap(({ text }, index) => {
    if (!/^-(exec|execdir|ok|okdir)$/.test(text)) return [];
    const words = rest.slice(index + 1);
    const end = words.findIndex((word) => word.text === ';' || word.text === '+');
    return [words.slice(0, end === -1 ? undefined : end)];
  });
}
