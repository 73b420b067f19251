import type { Duplex } from 'node:stream';
import { MAX_LINE_BYTES } from './connector-protocol.js';

/** The first line, and whether there was more behind it already. What is behind it stays in the stream. */
export interface FirstLine {
  readonly text: string;
  readonly more: boolean;
}

/**
 * Reads one line of at most {@link MAX_LINE_BYTES} and leaves the stream paused behind it.
 *
 * @throws {Error} when it is longer, takes longer than `withinMs`, or the stream ends before
 */
export function readFirstLine(stream: Duplex, withinMs: number): Promise<FirstLine> {
  const { promise, resolve, reject } = Promise.withResolvers<FirstLine>();
  let read = Buffer.alloc(0);
  const fail = (reason: string) => {
    leave();
    reject(new Error(`the first line ${reason}`));
  };
  const onData = (chunk: Buffer) => {
    read = Buffer.concat([read, chunk]);
    const end = read.indexOf(0x0a);
    if ((end === -1 ? read.length : end) >= MAX_LINE_BYTES) {
      fail('is too long');
      return;
    }
    if (end === -1) return;
    leave();
    stream.pause();
    const rest = read.subarray(end + 1);
    if (rest.length > 0) stream.unshift(rest);
    resolve({ text: read.toString('utf8', 0, end), more: rest.length > 0 });
  };
  const onEnd = () => fail('did not come');
  const timer = setTimeout(() => fail('took too long'), withinMs);
  const leave = () => {
    clearTimeout(timer);
    stream.off('data', onData).off('end', onEnd).off('close', onEnd).off('error', onEnd);
  };
  stream.on('data', onData).on('end', onEnd).on('close', onEnd).on('error', onEnd);
  return promise;
}
