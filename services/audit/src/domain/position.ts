/** More than a message has: the gateway puts 500 at most into one. */
export const LINES_PER_MESSAGE = 1024;

/**
 * A place in a stream as one number, by which lines sort as they stand in it: the sequence of the message, and the
 * line in it from 0.
 */
export const positionOf = (sequence: number, line: number): number =>
  sequence * LINES_PER_MESSAGE + line;

/** The message of a place. */
export const sequenceOf = (position: number): number => Math.floor(position / LINES_PER_MESSAGE);

/** The line of a place in its message. */
export const lineOf = (position: number): number => position % LINES_PER_MESSAGE;
