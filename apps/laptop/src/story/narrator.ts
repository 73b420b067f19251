import {
  startCommand,
  type Command,
  type CommandResult,
  type RunningCommand,
} from '../run-command.js';

/** Thrown when a step of the story did not happen as told; the demo then ends with exit code 1. */
export class StoryBroken extends Error {
  constructor(step: string, expected: string, output: string) {
    super(`${step}: expected ${expected}, got:\n${output.trim()}`);
    this.name = 'StoryBroken';
  }
}

/** Tells the story on a terminal: a title, why, the real command, its real output. */
export class Narrator {
  #step = 0;

  constructor(
    private readonly out: NodeJS.WritableStream,
    private readonly colour: boolean,
  ) {}

  title(text: string, why: string): void {
    this.#step += 1;
    this.out.write(`\n${this.#paint('1;36', `${this.#step}. ${text}`)}\n`);
    this.say(why);
  }

  say(text: string): void {
    this.out.write(`${this.#paint('2', indent(text))}\n`);
  }

  /** Shows and runs a command, its output streaming by, and checks what came of it. */
  async show(command: Command, expectation: Expectation): Promise<CommandResult> {
    const result = await this.showing(command, (write) => startCommand(command, write));
    check(command.shown, expectation, result);
    return result;
  }

  /**
   * Shows a command that `start` runs, its output streaming by; checks nothing.
   *
   * @param meanwhile - what others do while it runs; when that fails, the command is ended
   */
  async showing(
    command: Command,
    start: (write: (text: string) => void) => RunningCommand,
    meanwhile: () => Promise<void> = () => Promise.resolve(),
  ): Promise<CommandResult> {
    this.shell(command.shown);
    const indented = indenter((text) => this.out.write(text));
    const running = start(indented.write);
    try {
      await meanwhile();
    } catch (error) {
      running.stop();
      throw error;
    }
    const result = await running.result;
    indented.end();
    return result;
  }

  shell(shown: string): void {
    this.out.write(`   ${this.#paint('1', `$ ${shown}`)}\n`);
  }

  #paint(code: string, text: string): string {
    return this.colour ? `\u001b[${code}m${text}\u001b[0m` : text;
  }
}

/** What must be true of a command's result for the story to go on. */
export interface Expectation {
  readonly exitCode: 'zero' | 'other';
  readonly output?: RegExp;
}

function check(step: string, expectation: Expectation, { exitCode, output }: CommandResult): void {
  const succeeded = exitCode === 0;
  if (succeeded !== (expectation.exitCode === 'zero')) {
    throw new StoryBroken(
      step,
      `exit code ${expectation.exitCode}`,
      `exit code ${exitCode}\n${output}`,
    );
  }
  if (expectation.output !== undefined && !expectation.output.test(output)) {
    throw new StoryBroken(step, `output matching ${expectation.output.source}`, output);
  }
}

const MARGIN = '   ';
const indent = (text: string): string => `${MARGIN}${text.replaceAll('\n', `\n${MARGIN}`)}`;

/** Sets a margin before each line of a text that arrives in pieces. */
export function indenter(write: (text: string) => void) {
  let atLineStart = true;
  return {
    write: (text: string) => {
      if (text === '') return;
      const body = text.replaceAll(/\n(?=[\s\S])/g, `\n${MARGIN}`);
      write(atLineStart ? `${MARGIN}${body}` : body);
      atLineStart = text.endsWith('\n');
    },
    /** Ends the last line, when it was left open. */
    end: () => {
      if (!atLineStart) write('\n');
      atLineStart = true;
    },
  };
}
