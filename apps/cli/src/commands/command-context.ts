import { Command, Option } from 'commander';
import type { ExitCode } from '../exit-code.js';
import { neutraliseLines, neutralJson } from '../output/neutralise.js';
import { Session, type SessionOptions } from '../session.js';
import type { Terminal } from '../terminal.js';

/** What a command works with: the session and where its result goes. */
export class CommandContext extends Session {
  readonly json: boolean;

  constructor(terminal: Terminal, options: SharedOptions) {
    super(terminal, options);
    this.json = options.output === 'json';
  }

  get now(): Date {
    return this.terminal.clock();
  }

  /** Prints the result: as JSON with `-o json`, otherwise as `text` says, for a terminal of this width if it is one. */
  show(result: unknown, text: (width: number | undefined) => string): void {
    const { width = 0 } = this.terminal;
    // A terminal that nobody told its size says 0.
    const known = width > 0 ? width : undefined;
    this.terminal.out(this.json ? `${neutralJson(result, 2)}\n` : text(known));
  }

  /** Tells people what goes on; nothing of it is part of the result. */
  note(text: string): void {
    if (!this.json) this.terminal.note(`${neutraliseLines(text)}\n`);
  }

  /** Tells somebody who sits there what they may want to type next. */
  hint(text: string): void {
    if (this.terminal.isTerminal === true) this.note(text);
  }
}

export interface SharedOptions extends SessionOptions {
  readonly output?: string;
}

/** Adds a command to the program, and takes the code that the process is to end with. */
export interface Registrar {
  readonly program: Command;
  readonly terminal: Terminal;
  readonly end: (code: ExitCode) => void;
}

/** Puts the options that every command has on one. */
export function sharedOptions(command: Command, outputs: readonly string[] = ['json']): Command {
  const output = new Option('-o, --output <format>', 'print the result in this format').choices([
    ...outputs,
    ...(outputs.includes('text') ? [] : ['text']),
  ]);
  return command
    .addOption(output)
    .option('--profile <name>', 'use this profile (DRAWBRIDGE_PROFILE)')
    .option('--server <url>', 'address of the ingress (DRAWBRIDGE_URL)')
    .option('--certificate-authority <file>', 'PEM of a private certificate authority to trust');
}

/** What a command does: `opts()` and `args` of the command are what was given. */
export type Work = (context: CommandContext, command: Command) => Promise<ExitCode>;

/** Runs `work` for a command with its context, and ends the process with the code it returns. */
export const action =
  ({ terminal, end }: Registrar, work: Work) =>
  async (...given: unknown[]): Promise<void> => {
    const command = given.at(-1);
    if (!(command instanceof Command)) throw new TypeError('commander passes the command last');
    end(await work(new CommandContext(terminal, command.opts<SharedOptions>()), command));
  };

/** Examples at the end of `--help`. */
export const examples = (lines: readonly string[]): string =>
  ['', 'Examples:', ...lines.map((line) => `  ${line}`)].join('\n');
