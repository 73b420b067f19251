import type { SearchPlace, SessionFrame, SessionFrameCode } from '@drawbridge/contracts';
import { SoughtText, type Found } from './sought-text.js';
import { TerminalText } from './terminal-text.js';

type Stream = Extract<SearchPlace, 'output' | 'error' | 'input'>;

const streams: Partial<Record<SessionFrameCode, Stream>> = {
  ...{ o: 'output', o64: 'output', e: 'error', e64: 'error', i: 'input', i64: 'input' },
};

export interface FoundIn extends Found {
  readonly where: SearchPlace;
}

/** Looks for a text in a recording that comes piece by piece; what is broken over pieces, frames or escapes is found. */
export class SearchedRecording {
  readonly #streams = new Map<Stream, SearchedStream>();
  #argv: FoundIn | undefined;

  constructor(private readonly text: string) {}

  /** What exec was called with. */
  argv(words: readonly string[]): void {
    const sought = new SoughtText([this.text]);
    sought.add(words.join(' '));
    const found = sought.finish();
    if (found !== undefined) this.#argv = { ...found, where: 'argv' };
  }

  add([seconds, code, data]: SessionFrame): void {
    if (code === 'r') this.#of('output').resize(data);
    const stream = streams[code];
    if (stream === undefined) return;
    const text = code.endsWith('64') ? Buffer.from(data, 'base64').toString('utf8') : data;
    this.#of(stream).add(text, seconds);
  }

  finish(): readonly FoundIn[] {
    const found = [...this.#streams].flatMap(([where, stream]) => {
      const of = stream.finish();
      return of === undefined ? [] : [{ ...of, where }];
    });
    return [...(this.#argv === undefined ? [] : [this.#argv]), ...found];
  }

  #of(stream: Stream): SearchedStream {
    const known = this.#streams.get(stream);
    if (known !== undefined) return known;
    const made = new SearchedStream(this.text);
    this.#streams.set(stream, made);
    return made;
  }
}

/** A stream is searched as it came, and as its lines stood in the end. */
class SearchedStream {
  readonly #printed: SoughtText;
  readonly #shown: SoughtText;
  readonly #terminal: TerminalText;

  constructor(text: string) {
    this.#printed = new SoughtText([text]);
    this.#shown = new SoughtText([text]);
    this.#terminal = new TerminalText({
      printed: (part, seconds) => this.#printed.add(part, seconds),
      shown: (line, seconds) => this.#shown.add(line, seconds),
    });
  }

  resize(size: string): void {
    this.#terminal.resize(size);
  }

  add(data: string, seconds: number): void {
    this.#terminal.add(data, seconds);
  }

  finish(): Found | undefined {
    this.#terminal.finish();
    const [printed, shown] = [this.#printed.finish(), this.#shown.finish()];
    if (printed === undefined || shown === undefined) return printed ?? shown;
    // The same place is found in both, or in one of them only.
    return { ...printed, hits: Math.max(printed.hits, shown.hits) };
  }
}
