/** One word of a command. */
export interface ShellWord {
  /** What is known of it before it runs; of a dynamic word only the fixed parts. */
  readonly text: string;
  /** Part of it is known only when it runs: a variable, a substitution, a pattern for file names. */
  readonly dynamic: boolean;
}

export interface ShellRedirect {
  readonly operator: string;
  readonly target: ShellWord;
}

/** One program with its words; assignments before it and reserved words are left out. */
export interface ShellCommand {
  readonly words: readonly ShellWord[];
  readonly redirects: readonly ShellRedirect[];
}

const MAX_NESTING = 20;
const MAX_COMMANDS = 1_000;
const assignment = /^[A-Za-z_]\w*(\[[^\]]*\])?\+?=/;
/** Words that begin or end a compound command and are followed by a command of their own. */
const reserved = new Set(
  '{ } ! if then elif else fi while until do done esac time coproc [[ ]]'.split(' '),
);
/** Followed by words that are no command. */
const headers = new Set(['for', 'select', 'case', 'function']);
const separators = new Set([';', '&', '|', '\n', '(', ')']);

/**
 * Every command of a POSIX shell or bash script, those in substitutions included, in the order they stand.
 *
 * Reads more than a shell would rather than less: branches that are not taken count, and so do function bodies.
 *
 * @returns `undefined` when it is no script that can be followed: quotes that never end, too much nesting
 */
export function parseShellScript(script: string): readonly ShellCommand[] | undefined {
  try {
    const reader = new ScriptReader(script, []);
    reader.readAll();
    return reader.commands;
  } catch (error) {
    if (error instanceof NotFollowed) return undefined;
    throw error;
  }
}

class NotFollowed extends Error {}

class ScriptReader {
  #at = 0;
  #words: ShellWord[] = [];
  #redirects: ShellRedirect[] = [];
  #hereDocuments: string[] = [];
  #inHeader = false;

  constructor(
    readonly script: string,
    readonly commands: ShellCommand[],
    readonly nesting = 0,
  ) {
    if (nesting > MAX_NESTING || script.length > 131_072) throw new NotFollowed();
  }

  readAll(): void {
    while (this.#at < this.script.length) this.#readNext();
    this.#endCommand();
  }

  #readNext(): void {
    const character = this.script[this.#at] ?? '';
    if (this.script.startsWith('\\\n', this.#at)) this.#at += 2;
    else if (character === '#') this.#skipLine();
    else if (this.#isRedirect()) this.#readRedirect();
    else if (separators.has(character)) this.#separate(character);
    else if (/[ \t\r]/.test(character)) this.#at += 1;
    else this.#takeWord(this.#readWord());
  }

  #separate(character: string): void {
    this.#at += 1;
    this.#endCommand();
    if (character === '\n') this.#skipHereDocuments();
  }

  #takeWord(word: ShellWord): void {
    const isFirst = this.#words.length === 0;
    if (isFirst && !word.dynamic && headers.has(word.text)) this.#inHeader = true;
    if (this.#inHeader) return;
    if (isFirst && !word.dynamic && reserved.has(word.text)) return;
    if (isFirst && assignment.test(word.text)) return;
    this.#words.push(word);
  }

  #endCommand(): void {
    this.#inHeader = false;
    if (this.#words.length > 0 || this.#redirects.length > 0) {
      this.commands.push({ words: this.#words, redirects: this.#redirects });
    }
    if (this.commands.length > MAX_COMMANDS) throw new NotFollowed();
    this.#words = [];
    this.#redirects = [];
  }

  #isRedirect(): boolean {
    return /^(\d*|&)[<>]/.test(this.script.slice(this.#at, this.#at + 12)) && !this.#isProcess();
  }

  /** `<(…)` and `>(…)` are words. */
  #isProcess(): boolean {
    return /^[<>]\(/.test(this.script.slice(this.#at, this.#at + 2));
  }

  #readRedirect(): void {
    const [whole = '', operator = ''] =
      /^(?:\d*|&)(<<<|<<-|<<|<>|<&|<|>>|>\||>&|>)[ \t]*/.exec(this.script.slice(this.#at)) ?? [];
    this.#at += whole.length;
    const from = this.#at;
    const target = this.#readWord();
    if (operator.startsWith('<<') && operator !== '<<<') {
      this.#hereDocuments.push(this.script.slice(from, this.#at).replace(/["'\\]/g, ''));
    }
    this.#redirects.push({ operator, target });
  }

  #skipHereDocuments(): void {
    for (const end of this.#hereDocuments) {
      const from = this.#at;
      let line: string;
      do {
        if (this.#at >= this.script.length) break;
        line = this.#skipLine();
        this.#at += 1;
      } while (line.replace(/^\t+/, '') !== end);
      this.#readSubstitutions(this.script.slice(from, this.#at));
    }
    this.#hereDocuments = [];
  }

  #skipLine(): string {
    const end = this.script.indexOf('\n', this.#at);
    const line = this.script.slice(this.#at, end === -1 ? undefined : end);
    this.#at += line.length;
    return line;
  }

  #readWord(): ShellWord {
    const word = { text: '', dynamic: false };
    while (this.#at < this.script.length) {
      const character = this.script[this.#at] ?? '';
      if (/[ \t\r<>]/.test(character) && !this.#isProcess()) break;
      if (separators.has(character)) break;
      this.#readPart(character, word);
    }
    return word;
  }

  #readPart(character: string, word: { text: string; dynamic: boolean }): void {
    if (character === "'") word.text += this.#until("'");
    else if (character === '"') this.#readDoubleQuoted(word);
    else if (character === '\\') this.#readEscape(word);
    else if (character === '$' || character === '`') this.#readExpansion(word);
    else if (character === '<' || character === '>') this.#readProcess(word);
    else {
      word.dynamic ||= /[*?[{~]/.test(character) && word.text + character !== '{';
      word.text += character;
      this.#at += 1;
    }
  }

  #readEscape(word: { text: string }): void {
    const next = this.script[this.#at + 1] ?? '';
    if (next !== '\n') word.text += next;
    this.#at += 2;
  }

  #readProcess(word: { dynamic: boolean }): void {
    this.#at += 1;
    this.#readNested();
    word.dynamic = true;
  }

  /** From an opening quote to the same quote: what is between. */
  #until(quote: string): string {
    const end = this.script.indexOf(quote, this.#at + 1);
    if (end === -1) throw new NotFollowed();
    const text = this.script.slice(this.#at + 1, end);
    this.#at = end + 1;
    return text;
  }

  #readDoubleQuoted(word: { text: string; dynamic: boolean }): void {
    this.#at += 1;
    for (;;) {
      const character = this.script[this.#at];
      if (character === undefined) throw new NotFollowed();
      if (character === '"') break;
      if (character === '$' || character === '`') this.#readExpansion(word);
      else {
        const isEscape = character === '\\' && /["$`\\\n]/.test(this.script[this.#at + 1] ?? '');
        if (isEscape) this.#at += 1;
        word.text += this.script[this.#at] ?? '';
        this.#at += 1;
      }
    }
    this.#at += 1;
  }

  #readExpansion(word: { text: string; dynamic: boolean }): void {
    const rest = this.script.slice(this.#at, this.#at + 3);
    if (rest.startsWith('`')) {
      this.#nested(this.#until('`').replaceAll('\\`', '`'));
    } else if (rest.startsWith("$'")) {
      // Escapes could spell anything.
      this.#at += 1;
      word.text += this.#until("'");
    } else if (rest.startsWith('$(')) {
      this.#at += 1;
      this.#readNested();
    } else if (rest.startsWith('${')) {
      this.#readSubstitutions(this.#until('}').replaceAll('$', ' $'));
    } else {
      const [name = '$'] = /^\$(\w+|[@*#?$!-])?/.exec(this.script.slice(this.#at)) ?? [];
      this.#at += name.length;
      word.text += name === '$' ? '$' : '';
      if (name === '$') return;
    }
    word.dynamic = true;
  }

  /** From an opening bracket to the one that closes it. */
  #readNested(): void {
    const inner = textInBrackets(this.script, this.#at);
    this.#at += inner.length + 2;
    this.#nested(inner);
  }

  #nested(script: string): void {
    new ScriptReader(script, this.commands, this.nesting + 1).readAll();
  }

  /** Commands inside text that is no command itself. */
  #readSubstitutions(text: string): void {
    for (const [found] of text.matchAll(/\$\(|`/g)) {
      if (found === '`') throw new NotFollowed();
    }
    for (const { index } of text.matchAll(/\$\(/g)) this.#nested(textInBrackets(text, index + 1));
  }
}

/** What stands between the bracket at `open` and the one that closes it; quotes hide brackets. */
function textInBrackets(script: string, open: number): string {
  let depth = 0;
  // Whole quoted texts and escapes at a time; a quote that never ends hides nothing.
  const piece = /\\.|'[^']*'|"(?:\\.|[^"\\])*"|[()]/gsy;
  for (let at = open; at < script.length;) {
    piece.lastIndex = at;
    const [found] = piece.exec(script) ?? [];
    if (found === '(') depth += 1;
    if (found === ')') depth -= 1;
    if (depth === 0) return script.slice(open + 1, at);
    at += found?.length ?? 1;
  }
  throw new NotFollowed();
}
