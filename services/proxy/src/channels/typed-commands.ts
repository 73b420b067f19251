import { TypedLines, type TypedLine } from './typed-lines.js';

/** Longer commands are cut short as not known. */
const MAX_COMMAND = 32_768;
/** A command of which nothing is known: a rule about any command counts as met. */
const UNKNOWN_COMMAND = '\n$_';

/**
 * Puts commands together from typed lines: one that ends with a backslash, or within quotes, goes on with the next.
 * Every line is told alone too, so that a quote that was only one for us hides nothing.
 */
export class TypedCommands {
  readonly #lines: TypedLines;
  #begun = '';

  constructor(private readonly tty: boolean) {
    this.#lines = new TypedLines(tty);
  }

  /**
   * @returns scripts, each of which a shell may run when it gets these bytes. Without a terminal that may be also
   *   a line that has not ended: it runs when the input ends.
   */
  take(bytes: Uint8Array): readonly string[] {
    const scripts = this.#lines.take(bytes).flatMap((line) => this.#end(line));
    const { partial } = this.#lines;
    if (!this.tty && partial.text !== '') scripts.push(...this.#runnable(partial));
    return scripts.filter((script) => script.trim() !== '');
  }

  #end(line: TypedLine): string[] {
    const scripts = this.#runnable(line);
    const command = `${this.#begun}${line.text}`;
    this.#begun = isOpen(command) ? `${command}\n` : '';
    if (this.#begun.length <= MAX_COMMAND) return scripts;
    this.#begun = '';
    return [...scripts, UNKNOWN_COMMAND];
  }

  #runnable({ text, sure }: TypedLine): string[] {
    const unknown = sure ? '' : UNKNOWN_COMMAND;
    const known = this.#begun === '' ? [text] : [text, `${this.#begun}${text}`];
    const complete = known.filter((script) => !isOpen(script) || script.endsWith('\\'));
    const scripts = complete.map((script) => `${script.replace(/\\$/, '')}${unknown}`);
    return sure || scripts.length > 0 ? scripts : [UNKNOWN_COMMAND];
  }
}

/** What a shell reads in one go: words in quotes, an escape, a comment, or what none of them begins in. */
const piece = /'[^']*'|"(?:[^"\\]|\\[^])*"|\\[^]|(?<=^|[\s;&|()])#.*|[^'"\\#]+|#/y;

/** Whether a shell waits for more: it ends within quotes, or with a backslash. */
function isOpen(script: string): boolean {
  let at = 0;
  while (at < script.length) {
    piece.lastIndex = at;
    if (!piece.test(script)) return true;
    at = piece.lastIndex;
  }
  return false;
}
