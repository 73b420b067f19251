import type { TextMasker } from '@drawbridge/masking';
import type { SessionRecording } from './session-recording.js';

/** What stands for keys that the terminal did not show, as those of a password. */
export const NOT_SHOWN = '[not shown]';

/** How long the terminal may take to show a line that was typed; and how long keys may wait for the end of a line. */
const ECHO_MS = 2_000;
const UNFINISHED_MS = 10_000;
/** More keys without an end of line are no line. */
const MAX_LINE = 4_096;
const MAX_OUTPUT = 16_384;
/** Of lines that wait for their echo: more than anybody pastes. */
const MAX_WAITING = 65_536;
const MAX_WAITING_LINES = 4_096;

const LINE_ENDS = '\r\n\u0003\u0004';
/** What a terminal does not show as it stands: escape sequences and control characters. */
const ESCAPE = String.raw`\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|O.|[@-Z\\-_])`;
const invisible = new RegExp(`${ESCAPE}|\\p{Cc}`, 'gu');

/** How what was typed is written down. */
export interface TypedInputOptions {
  readonly recording: Pick<SessionRecording, 'bytes' | 'frame'>;
  /** Takes out what is masked everywhere: of all lines as one text, since a key has many. */
  readonly masker: Pick<TextMasker, 'push' | 'end'>;
}

/**
 * Records what is typed into a terminal, line by line, as far as the terminal has shown it. What a program reads
 * without showing it is most of the time a password, and no pattern knows it: such keys are recorded as not shown.
 * What the program did with them is in its output.
 */
export class TypedInput {
  /** Keys since the last line end. */
  #keys = '';
  /** Lines whose echo is waited for, the oldest first. */
  #lines: string[] = [];
  #waiting = 0;
  /** What the terminal has shown since the first of them was begun; line ends are kept. */
  #shown = '';
  #timer: NodeJS.Timeout | undefined;
  readonly #decoder = new TextDecoder('utf-8');

  constructor(private readonly options: TypedInputOptions) {}

  typed(bytes: Uint8Array): void {
    if (this.#keys === '' && this.#lines.length === 0) this.#shown = '';
    for (const key of this.#decoder.decode(bytes, { stream: true })) {
      this.#keys += key;
      if (LINE_ENDS.includes(key)) this.#submit();
    }
    if (this.#keys.length > MAX_LINE) this.#giveUp();
    this.#wait();
  }

  /** What the client was shown. */
  shown(bytes: Uint8Array): void {
    if (this.#keys === '' && this.#lines.length === 0) return;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
    this.#shown = (this.#shown + text).slice(-MAX_OUTPUT);
    this.#decide();
  }

  /** The session is over. */
  end(): void {
    this.#giveUp();
    this.#write(this.options.masker.end());
  }

  #submit(): void {
    this.#lines.push(this.#keys);
    this.#waiting += this.#keys.length;
    this.#keys = '';
    // Of one before it nothing was shown yet, and nothing has been shown since.
    if (this.#lines.length === 1) this.#decide();
    const isMuch = this.#waiting > MAX_WAITING || this.#lines.length > MAX_WAITING_LINES;
    if (isMuch) this.#giveUpHalf();
  }

  /**
   * Of the older ones, since nothing was shown when the latest was typed. Written down line by line they would take up
   * many times as much as was typed.
   */
  #giveUpHalf(): void {
    const lines = this.#lines.splice(0, Math.ceil(this.#lines.length / 2));
    for (const line of lines) this.#waiting -= line.length;
    this.#record('…\n', false);
    this.options.recording.frame('m', `${lines.length} lines typed that were not shown`);
  }

  /** @returns the line that has waited longest, which waits no longer */
  #next(): string {
    const line = this.#lines.shift() ?? '';
    this.#waiting -= line.length;
    return line;
  }

  /** A line is decided when it was shown, or when the terminal went on without it. */
  #decide(): void {
    for (let [line] = this.#lines; line !== undefined; [line] = this.#lines) {
      const end = this.#shown.indexOf('\n');
      const row = end === -1 ? this.#shown : this.#shown.slice(0, end);
      const isShown = shows(visible(row), line);
      if (!isShown && end === -1) return;
      this.#record(this.#next(), isShown);
      this.#shown = end === -1 ? '' : this.#shown.slice(end + 1);
    }
  }

  #wait(): void {
    clearTimeout(this.#timer);
    if (this.#keys === '' && this.#lines.length === 0) return;
    const ms = this.#lines.length > 0 ? ECHO_MS : UNFINISHED_MS;
    this.#timer = setTimeout(() => this.#giveUp(), ms).unref();
  }

  /** Nothing more is known of what waits than what was shown until now. */
  #giveUp(): void {
    clearTimeout(this.#timer);
    if (this.#keys !== '') this.#lines.push(this.#keys);
    this.#keys = '';
    const [row = ''] = this.#shown.split('\n', 1);
    const seen = visible(row);
    for (const line of this.#lines) this.#record(line, shows(seen, line));
    this.#lines = [];
    this.#waiting = 0;
    this.#shown = '';
  }

  #record(keys: string, isShown: boolean): void {
    const { recording, masker } = this.options;
    if (isShown) {
      this.#write(masker.push(Buffer.from(keys)));
      return;
    }
    this.#write(masker.end());
    recording.frame('i', hidden(keys));
  }

  #write(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) this.options.recording.bytes('i', piece);
  }
}

/** A row as it is read. Where a line is broken by the terminal's width, readline puts a blank and a return. */
const visible = (row: string): string => row.replaceAll(' \r', '').replace(invisible, '');

/**
 * Whether what is seen shows the keys: all that were typed without a key that moves the cursor as one piece, and the
 * pieces in their order.
 */
function shows(seen: string, keys: string): boolean {
  let at = 0;
  for (const piece of keys.split(invisible)) {
    const found = seen.indexOf(piece, at);
    if (found === -1) return false;
    at = found + piece.length;
  }
  return true;
}

/** Line ends, arrows and the like tell nothing and are kept; how much else there was is not told. */
function hidden(keys: string): string {
  const controls = keys.match(invisible) ?? [];
  return keys
    .split(invisible)
    .map((part, index) => `${part === '' ? '' : NOT_SHOWN}${controls[index] ?? ''}`)
    .join('');
}
