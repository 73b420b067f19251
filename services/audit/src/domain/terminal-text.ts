/** A terminal reports its size as `80x24`. */
const SIZE = /^(\d{1,5})x\d{1,5}$/;
/** A line that is longer is taken for two: nobody's memory is filled by what has no line breaks. */
const MAX_CELLS = 4_096;
/** Nobody types more into the middle of a line at once; more would only cost time. */
const MAX_INSERTED = 256;
const MAX_PARAMETERS = 64;
/** What is drawn as it is, without what nobody sees. */
const RUN = /[^\p{Cc}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}]+/uy;

/** Sequences that move the cursor to another line, or the lines under it. */
const OTHER_LINE = /[ABEFHLMSTdf]/;
const OTHER_SCREEN = /^\?(?:47|104[79])$/;

type State = 'ground' | 'escape' | 'control' | 'string' | 'string_end';

/** Where text of a terminal goes to. */
export interface TerminalTextTo {
  /** What came, without what makes colours or moves the cursor. */
  readonly printed: (text: string, seconds: number) => void;
  /** A line as it stood when the cursor left it, with its break. */
  readonly shown: (line: string, seconds: number) => void;
}

/**
 * Reads what a terminal was sent (ECMA-48), in pieces that may be cut anywhere, as a person would have: letters that
 * were typed one by one and corrected make the line that they became.
 *
 * It knows one line at a time. What moves the cursor to another one ends it, so what a full-screen program draws is
 * found where it was drawn in one go. What strings that nobody sees contain, such as titles, is `printed` too.
 */
export class TerminalText {
  #state: State = 'ground';
  #parameters = '';
  #cells: string[] = [];
  #at = 0;
  #width = Number.POSITIVE_INFINITY;
  #seconds = 0;

  constructor(private readonly to: TerminalTextTo) {}

  resize(size: string): void {
    const columns = Number(SIZE.exec(size)?.[1] ?? 0);
    if (columns > 0) this.#width = columns;
  }

  add(data: string, seconds: number): void {
    this.#seconds = seconds;
    for (let place = 0; place < data.length;) {
      RUN.lastIndex = place;
      const run = this.#state === 'ground' ? RUN.exec(data)?.[0] : undefined;
      if (run !== undefined) {
        this.#print(run);
        place += run.length;
        continue;
      }
      const character = String.fromCodePoint(data.codePointAt(place) ?? 0);
      this.#take(character);
      place += character.length;
    }
  }

  finish(): void {
    this.#leaveLine();
  }

  #take(character: string): void {
    switch (this.#state) {
      case 'ground':
        this.#control(character);
        return;
      case 'escape':
        this.#escape(character);
        return;
      case 'control':
        this.#sequence(character);
        return;
      case 'string':
        this.#string(character);
        return;
      case 'string_end':
        // ST is ESC and a backslash; any other escape ends the string as well, and begins something else.
        this.to.printed('\n', this.#seconds);
        this.#state = 'escape';
        this.#escape(character);
    }
  }

  #end(): void {
    this.#state = 'ground';
    this.#parameters = '';
  }

  #print(run: string): void {
    this.to.printed(run, this.#seconds);
    for (const character of run) {
      if (this.#at >= MAX_CELLS) this.#leaveLine();
      while (this.#cells.length < this.#at) this.#cells.push(' ');
      this.#cells[this.#at] = character;
      this.#at += 1;
    }
  }

  #leaveLine(): void {
    if (this.#cells.length > 0) {
      this.to.shown(`${this.#cells.join('').trimEnd()}\n`, this.#seconds);
    }
    this.#cells = [];
    this.#at = 0;
  }

  #control(character: string): void {
    switch (character) {
      case '\u001b':
        this.#state = 'escape';
        return;
      case '\u009b':
        this.#state = 'control';
        return;
      case '\b':
        this.#at = Math.max(0, this.#at - 1);
        return;
      case '\t':
        this.to.printed('\t', this.#seconds);
        this.#move(8 - (this.#at % 8));
        return;
      case '\r':
        this.#at = this.#rowStart();
        return;
      case '\n':
      case '\v':
      case '\f':
        this.to.printed('\n', this.#seconds);
        this.#leaveLine();
    }
  }

  /** A line that is longer than the terminal is wide has several rows. */
  #rowStart(): number {
    if (!Number.isFinite(this.#width) || this.#at === 0) return 0;
    // Behind its last column the cursor is still in the row.
    return Math.floor((this.#at - 1) / this.#width) * this.#width;
  }

  #move(by: number): void {
    this.#at = Math.min(MAX_CELLS, Math.max(0, this.#at + by));
  }

  #escape(character: string): void {
    if (character === '[') this.#state = 'control';
    else if (/[\]PX^_]/.test(character)) this.#state = 'string';
    else if (/[ -/]/.test(character)) return;
    else {
      this.#end();
      if (/[DEMc]/.test(character)) this.#leaveLine();
    }
  }

  #string(character: string): void {
    if (character === '\u0007' || character === '\u009c') {
      this.to.printed('\n', this.#seconds);
      this.#end();
    } else if (character === '\u001b') this.#state = 'string_end';
    else this.to.printed(character, this.#seconds);
  }

  #sequence(character: string): void {
    if (/[ -?]/.test(character) && this.#parameters.length < MAX_PARAMETERS) {
      this.#parameters += character;
      return;
    }
    const parameters = this.#parameters;
    this.#end();
    if (/[@-~]/.test(character)) this.#act(character, parameters);
    // A control character in the middle means what it means.
    else this.#take(character);
  }

  #act(final: string, parameters: string): void {
    const given = Number(/^\d{1,6}/.exec(parameters)?.[0] ?? 0);
    const count = Math.min(MAX_CELLS, Math.max(1, given));
    const act = this.#acts[final];
    if (act !== undefined) act(count, given);
    else if (OTHER_LINE.test(final) || OTHER_SCREEN.test(parameters)) this.#leaveLine();
  }

  /** What stays in the line, by the last letter of the sequence. */
  readonly #acts: Readonly<Record<string, (count: number, given: number) => void>> = {
    C: (count) => this.#move(count),
    D: (count) => this.#move(-count),
    G: (count) => {
      this.#at = this.#rowStart();
      this.#move(count - 1);
    },
    J: (_, given) => {
      if (given === 0) this.#erase(0);
      else this.#leaveLine();
    },
    K: (_, given) => this.#erase(given),
    P: (count) => void this.#cells.splice(this.#at, count),
    X: (count) => void this.#cells.fill(' ', this.#at, this.#at + count),
    '@': (count) => this.#insert(Math.min(count, MAX_INSERTED)),
  };

  #insert(count: number): void {
    if (this.#at >= this.#cells.length) return;
    this.#cells.splice(this.#at, 0, ...Array.from({ length: count }, () => ' '));
    this.#cells.length = Math.min(this.#cells.length, MAX_CELLS);
  }

  #erase(how: number): void {
    if (how === 0) this.#cells.length = Math.min(this.#cells.length, this.#at);
    else if (how === 1) this.#cells.fill(' ', 0, this.#at + 1);
    else this.#cells = [];
  }
}
