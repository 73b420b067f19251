import { kubeStatus, type StatusInput } from '../domain/kube-status.js';
import type { LastWords } from './last-words.js';

const NEWLINE = 0x0a;

/**
 * The last line of a log that is cut, which whoever follows it reads. It is a line of text like any other, so behind it
 * the answer breaks off: no client takes it for the end of the log.
 */
export class LogLines implements LastWords {
  readonly completes = false;
  readonly atBoundary = true;
  #isInLine = false;

  pass(chunk: Uint8Array): void {
    if (chunk.length > 0) this.#isInLine = chunk.at(-1) !== NEWLINE;
  }

  restOfFrame(): undefined {
    return undefined;
  }

  say(status: StatusInput): string {
    return `${this.#isInLine ? '\n' : ''}${kubeStatus(status).message}\n`;
  }
}
