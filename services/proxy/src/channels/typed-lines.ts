/** What was typed up to a line end, or so far. */
export interface TypedLine {
  readonly text: string;
  /** All of it is known: no key was used whose effect depends on the program that reads it. */
  readonly sure: boolean;
}

/** Longer lines are not kept whole: what comes behind is not known. */
const MAX_LINE = 16_384;
/** What stands for something that is not known: shells and guardrails read it as a variable. */
const UNKNOWN = '$_';

const key = {
  ...{ interrupt: 0x03, endOfInput: 0x04, tab: 0x09, newline: 0x0a, return: 0x0d },
  ...{ operateAndNext: 0x0f, killLine: 0x15, killWord: 0x17, suspend: 0x1a, quit: 0x1c },
  ...{ space: 0x20, erase: 0x7f },
};
/** A terminal or line editor runs the line, or hands on what there is of it. */
const submitting = new Set([key.newline, key.return, key.operateAndNext, key.endOfInput]);
/** A line is given up. It counts as typed all the same: a terminal can be told to take these keys as they are. */
const abandoning = new Set([key.interrupt, key.suspend, key.quit]);

/**
 * Puts lines together from the keys that a client sends to a terminal, as the kernel and usual line editors do:
 * erasing, killing words and lines. Arrows, history, completion in a first word and all other keys of editors make a
 * line unsure. Without a terminal bytes stand for themselves, and only a newline ends a line.
 */
export class TypedLines {
  #text = '';
  #sure = true;
  /** Of the last character. */
  #undecoded = Buffer.alloc(0);

  constructor(private readonly tty: boolean) {}

  /** What has been typed since the last line end. */
  get partial(): TypedLine {
    return { text: this.#text, sure: this.#sure };
  }

  /** @returns the lines that end in these bytes */
  take(bytes: Uint8Array): readonly TypedLine[] {
    const lines: TypedLine[] = [];
    for (const character of this.#decode(bytes)) {
      const line = this.tty ? this.#press(character) : this.#put(character);
      if (line !== undefined) lines.push(line);
    }
    return lines;
  }

  /** Characters, of which one may be split over chunks. */
  #decode(bytes: Uint8Array): string {
    const all = this.#undecoded.length === 0 ? bytes : Buffer.concat([this.#undecoded, bytes]);
    const end = all.length - openBytes(all);
    this.#undecoded = Buffer.from(all.subarray(end));
    return Buffer.from(all.buffer, all.byteOffset, end).toString('utf8');
  }

  #put(character: string): TypedLine | undefined {
    if (character === '\n') return this.#end();
    this.#add(character);
    return undefined;
  }

  #press(character: string): TypedLine | undefined {
    const code = character.codePointAt(0) ?? 0;
    if (code >= key.space && code !== key.erase) {
      this.#add(character);
      return undefined;
    }
    if (submitting.has(code)) return code === key.endOfInput ? this.partial : this.#end();
    if (abandoning.has(code)) return this.#end();
    this.#edit(code);
    return undefined;
  }

  #edit(code: number): void {
    if (code === key.erase) this.#erase();
    else if (code === key.killLine) this.#text = '';
    else if (code === key.killWord) this.#killWord();
    else if (code === key.tab) this.#complete();
    else this.#sure = false;
  }

  #add(text: string): void {
    if (this.#text.length < MAX_LINE) this.#text += text;
    else this.#sure = false;
  }

  #end(): TypedLine {
    const line = this.partial;
    this.#text = '';
    this.#sure = true;
    return line;
  }

  /** Of what is more than a byte terminals erase more or less. */
  #erase(): void {
    const last = this.#text.at(-1) ?? ' ';
    if (last > '\u007e') this.#sure = false;
    this.#text = this.#text.slice(0, -1);
  }

  /** Editors take a word up to a blank, the kernel one of letters and digits only. */
  #killWord(): void {
    const [word = ''] = /\S*\s*$/.exec(this.#text) ?? [];
    if (/[^\w\s]/.test(word)) this.#sure = false;
    this.#text = this.#text.slice(0, this.#text.length - word.length);
  }

  /** Adds something to the word in front of it, or to none. */
  #complete(): void {
    this.#add(UNKNOWN);
  }
}

/** How many bytes at the end begin a character that is not complete. */
function openBytes(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return lengthOf(byte) > back ? back : 0;
  }
  return 0;
}

function lengthOf(first: number): number {
  if (first >= 0xf0) return 4;
  return first >= 0xe0 ? 3 : 2;
}
