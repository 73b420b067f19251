import type { BodyTransform } from '../streams/body-transform.js';
import type { SessionRecording } from './session-recording.js';

/** Of a sample: what is kept of the beginning, and how much more for every second since. */
const SAMPLE_BYTES = 32_768;
const SAMPLE_BYTES_A_SECOND = 128;
const WORTH_RESUMING = 1_024;

export interface RecordedBodyOptions {
  readonly recording: Pick<SessionRecording, 'bytes' | 'frame' | 'incomplete'>;
  readonly extent: 'sample' | 'full';
  /** Milliseconds that only go forward. @default performance.now */
  readonly now?: () => number;
}

/**
 * Records the body of a log or watch as it passes, and changes nothing. Of a sample there is the beginning, and what
 * of the rest comes slowly enough, in whole lines; how much is missing is said where it is missing.
 */
export class RecordedBody implements BodyTransform {
  readonly #now: () => number;
  #budget = SAMPLE_BYTES;
  #countedAt: number;
  #kept = 0;
  /** Of a line that is not over and may be kept yet. */
  #begun: Uint8Array = NOTHING;
  #missing = { bytes: 0, lines: 0 };
  /** What comes next belongs to a line of which nothing is kept. */
  #isInMissing = false;
  #skips = false;

  constructor(private readonly options: RecordedBodyOptions) {
    this.#now = options.now ?? (() => performance.now());
    this.#countedAt = this.#now();
  }

  push(chunk: Uint8Array): readonly Uint8Array[] {
    if (chunk.length > 0) this.#record(chunk);
    return [chunk];
  }

  /** Ends nothing: how the call ended is not known yet. */
  end(): readonly Uint8Array[] {
    return [];
  }

  /** Keeps what was begun, and says what is missing at the end. */
  close(): void {
    this.#keep(this.#begun);
    this.#begun = NOTHING;
    this.#tellMissing();
  }

  #record(chunk: Uint8Array): void {
    const { recording, extent } = this.options;
    if (extent === 'full') {
      recording.bytes('o', chunk);
      return;
    }
    this.#earn();
    const from = this.#skips ? this.#resumeIn(chunk) : 0;
    this.#leaveOut(chunk.subarray(0, from));
    if (from < chunk.length) this.#sample(chunk.subarray(from));
  }

  #earn(): void {
    const now = this.#now();
    const earned = ((now - this.#countedAt) / 1_000) * SAMPLE_BYTES_A_SECOND;
    this.#budget = Math.min(SAMPLE_BYTES, this.#budget + earned);
    this.#countedAt = now;
  }

  /** Goes on with a whole line, when there is enough for some. */
  #resumeIn(chunk: Uint8Array): number {
    if (this.#budget < WORTH_RESUMING) return chunk.length;
    if (!this.#isInMissing) return 0;
    const lineEnd = chunk.indexOf(NEWLINE);
    return lineEnd === -1 ? chunk.length : lineEnd + 1;
  }

  /** Keeps the lines that there is room for, and of a first one that is longer than that the beginning. */
  #sample(chunk: Uint8Array): void {
    const all = this.#begun.length === 0 ? chunk : Buffer.concat([this.#begun, chunk]);
    const room = Math.floor(this.#budget);
    const fits = all.length <= room;
    const lines = all.subarray(0, room).lastIndexOf(NEWLINE) + 1;
    const to = !fits && lines === 0 && this.#kept === 0 ? room : lines;
    this.#keep(all.subarray(0, to));
    this.#begun = fits ? Uint8Array.from(all.subarray(to)) : NOTHING;
    this.#skips = !fits;
    if (!fits) this.#leaveOut(all.subarray(to));
  }

  #keep(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#tellMissing();
    this.options.recording.bytes('o', bytes);
    this.#kept += bytes.length;
    this.#budget -= bytes.length;
  }

  #leaveOut(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    let lines = 0;
    for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) {
      lines += 1;
    }
    this.#missing.bytes += bytes.length;
    this.#missing.lines += lines;
    this.#isInMissing = bytes.at(-1) !== NEWLINE;
  }

  #tellMissing(): void {
    const { bytes } = this.#missing;
    if (bytes === 0) return;
    const lines = this.#missing.lines + (this.#isInMissing ? 1 : 0);
    const counted = lines === 1 ? 'one line' : `${lines} lines`;
    this.options.recording.frame('m', `${bytes} bytes left out, of ${counted}`);
    this.options.recording.incomplete('sampled');
    this.#missing = { bytes: 0, lines: 0 };
    this.#isInMissing = false;
  }
}

const NEWLINE = 0x0a;
const NOTHING = new Uint8Array(0);
