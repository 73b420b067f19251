import type { SessionFrame } from '@drawbridge/contracts';
import { neutraliseLines } from '../output/neutralise.js';
import { TerminalFilter } from './terminal-filter.js';

export interface PlayOptions {
  /** How many times as fast as it was. */
  readonly speed: number;
  /** The longest silence, in seconds. */
  readonly idleLimit: number;
  /** `terminal`: what draws; `text`: what could be read; `raw`: every byte. */
  readonly into: 'terminal' | 'text' | 'raw';
}

/** What is shown next. */
export interface PlayStep {
  readonly waitMs: number;
  readonly text: string;
  /** Of the recording, and nothing that a terminal showed. */
  readonly note?: string;
}

/** Turns frames into what is shown of them, and when. */
export class FramePlayer {
  readonly #filter = new TerminalFilter();
  #at = 0;

  constructor(private readonly options: PlayOptions) {}

  step([seconds, code, data]: SessionFrame): PlayStep | undefined {
    const bytes = code.endsWith('64') ? Buffer.from(data, 'base64') : Buffer.from(data);
    if (code === 'm') return this.#after(seconds, '', neutraliseLines(data));
    if (code === 'x') return this.#after(seconds, '', `exit code ${neutraliseLines(data)}`);
    if (code.startsWith('o') || code.startsWith('e')) {
      return this.#after(seconds, this.#shown(bytes.toString('utf8')));
    }
    return undefined;
  }

  #after(seconds: number, text: string, note?: string): PlayStep {
    const { speed, idleLimit } = this.options;
    const silence = Math.min(Math.max(0, seconds - this.#at), idleLimit);
    this.#at = Math.max(this.#at, seconds);
    return {
      waitMs: Math.round((silence * 1_000) / speed),
      text,
      ...(note !== undefined && { note }),
    };
  }

  #shown(text: string): string {
    const { into } = this.options;
    if (into === 'raw') return text;
    return into === 'terminal'
      ? this.#filter.push(text)
      : neutraliseLines(text.replaceAll('\r\n', '\n'));
  }
}
