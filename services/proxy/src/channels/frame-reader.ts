import type { HeldOutput } from './rewritten.js';

/** Takes bytes that were checked, in order; never a copy of them unless a frame head was split. */
export type Pass = (bytes: Buffer) => void;

/** Reads the frames of one direction on their way. Whatever way the bytes are cut, the result is the same. */
export interface FrameReader {
  /**
   * Reads what came and passes on what is known to be good: all but the beginning of a frame head, which is kept
   * until the rest of it is here. Of a chunk with a broken frame nothing is passed on.
   *
   * @throws {@link BrokenFrames}
   */
  push(chunk: Buffer, pass: Pass): void;
  /** All that was passed on ends where a message ends, so that one of ours may follow. */
  readonly atBoundary: boolean;
  /** From now on passes on no more than what completes the message under way. */
  stopAtBoundary(): void;
  /** The peer has said that it will send nothing more. */
  readonly closed: boolean;
  /** Of one that writes anew what it has read. */
  readonly held?: HeldOutput | undefined;
}

/** The part of a token bucket that is needed here: false when there was too much. */
export type NoiseLimit = () => boolean;

/** Joins what was kept of a frame head with what came behind it. */
export function withHeld(held: Buffer | undefined, chunk: Buffer): Buffer {
  return held === undefined ? chunk : Buffer.concat([held, chunk]);
}
