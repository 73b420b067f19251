import { kubeStatus, type StatusInput } from '../domain/kube-status.js';
import type { LastWords } from './last-words.js';

const NEWLINE = 0x0a;

/** Knows where the frames of a JSON watch end: each is one line. Keeps no bytes. */
export class WatchFrames implements LastWords {
  readonly completes = true;
  #atBoundary = true;

  get atBoundary(): boolean {
    return this.#atBoundary;
  }

  /** Takes note of a chunk that was passed on whole. */
  pass(chunk: Uint8Array): void {
    if (chunk.length > 0) this.#atBoundary = chunk.at(-1) === NEWLINE;
  }

  /** The rest of the frame that is under way, up to its end; `undefined` when it does not end in this chunk. */
  restOfFrame(chunk: Uint8Array): Uint8Array | undefined {
    const end = chunk.indexOf(NEWLINE);
    return end === -1 ? undefined : chunk.subarray(0, end + 1);
  }

  /** The frame with which a watch says why it ends; clients print its message. */
  say(status: StatusInput): string {
    return `${JSON.stringify({ type: 'ERROR', object: kubeStatus(status) })}\n`;
  }
}
