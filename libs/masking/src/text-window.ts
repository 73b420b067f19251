import { classAt } from './text-class.js';

/**
 * What is held back of a text at most until it is known what it is. What is longer is judged by this much of it, and
 * what follows is a text of its own.
 */
export const MAX_HELD_BYTES = 16_384;

/** What looks for one kind of thing returns: where to go on, or that it cannot tell yet. */
export type Step = number | undefined;

/** The text that is looked through. */
export class TextWindow {
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  isLast = true;

  /** Where a thing that begins at `at` has to end. */
  reach(at: number): number {
    return Math.min(this.end, at + MAX_HELD_BYTES);
  }

  /** Behind the last byte from `at` on that is of one of the classes. */
  endOfRun(at: number, classes: number): number {
    const { bytes } = this;
    const reach = this.reach(at);
    let stop = at;
    while (stop < reach && (classAt(bytes, stop) & classes) !== 0) stop += 1;
    return stop;
  }

  /** Whether a thing that begins at `at` and has not ended at its {@link reach} may go on. */
  isOpen(at: number): boolean {
    return !this.isLast && this.end - at < MAX_HELD_BYTES;
  }
}
