import type { AnswerHead } from './body-transform.js';

/** Sees what of an answer goes to the client, exactly as it goes there. */
export interface BodyTap {
  /**
   * Takes a piece, and copies what it keeps of it.
   *
   * @returns false when it must be given no more for now: the answer waits
   */
  push(piece: Uint8Array): boolean;
  /** @param goOn - called when the answer can go on; more than once for one wait is as good as once */
  onDrain(goOn: () => void): void;
}

/** What it is that goes there. */
export type TappedHead = Pick<AnswerHead, 'contentType' | 'contentEncoding'>;

/** Opens one for an answer. */
export type OpenBodyTap = (head: TappedHead) => BodyTap;
