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
 * of the rest comes slowly enough; how much is missing is said where it is missing.
 */
export class RecordedBody implements BodyTransform {
  readonly #now: () => number;
  #budget = SAMPLE_BYTES;
  #countedAt: number;
  #leftOut = 0;
  /** What came last was kept. */
  #isInside = true;

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

  /** Says what is missing at the end. */
  close(): void {
    this.#tellMissing();
  }

  #record(chunk: Uint8Array): void {
    const { recording, extent } = this.options;
    if (extent === 'full') {
      recording.bytes('o', chunk);
      return;
    }
    this.#earn();
    const from = this.#isInside ? 0 : this.#resumeIn(chunk);
    const rest = chunk.subarray(from);
    const to = rest.length <= this.#budget ? rest.length : this.#lastIn(rest);
    this.#leftOut += from;
    if (to > 0) {
      this.#tellMissing();
      recording.bytes('o', rest.subarray(0, to));
      this.#budget -= to;
    }
    this.#isInside = to === rest.length && from < chunk.length;
    this.#leftOut += rest.length - to;
  }

  #earn(): void {
    const now = this.#now();
    const earned = ((now - this.#countedAt) / 1_000) * SAMPLE_BYTES_A_SECOND;
    this.#budget = Math.min(SAMPLE_BYTES, this.#budget + earned);
    this.#countedAt = now;
  }

  /** Goes on with a whole line, when there is enough for some. */
  #resumeIn(chunk: Uint8Array): number {
    const lineEnd = this.#budget < WORTH_RESUMING ? -1 : chunk.indexOf(NEWLINE);
    return lineEnd === -1 ? chunk.length : lineEnd + 1;
  }

  /** Ends with a whole line, if there is one. */
  #lastIn(bytes: Uint8Array): number {
    const most = Math.floor(this.#budget);
    const lineEnd = bytes.subarray(0, most).lastIndexOf(NEWLINE);
    return lineEnd === -1 ? most : lineEnd + 1;
  }

  #tellMissing(): void {
    if (this.#leftOut === 0) return;
    this.options.recording.frame('m', `${this.#leftOut} bytes left out`);
    this.options.recording.incomplete('sampled');
    this.#leftOut = 0;
  }
}

const NEWLINE = 0x0a;
