import { notHttp } from '../upstream-fault.js';
import type { Frame } from './frame-reader.js';

const SETTING_BYTES = 6;
const [ENABLE_PUSH, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE] = [2, 3, 4, 5];
const MAX_WINDOW = 0x7fff_ffff;
const [MIN_FRAME, MAX_FRAME] = [16_384, 16_777_215];

/**
 * What a SETTINGS frame says of how many calls there may be at a time. The rest is about request bodies, of which there
 * are none, and about a table that we do not use: it only has to be right.
 *
 * @returns `undefined` when it says nothing of it
 * @throws {@link UpstreamFault} `not_http`
 */
export function maxConcurrentStreams({ bytes, start, end }: Frame): number | undefined {
  if ((end - start) % SETTING_BYTES !== 0) throw notHttp('settings of another length');
  let most: number | undefined;
  for (let at = start; at < end; at += SETTING_BYTES) {
    const value = bytes.readUInt32BE(at + 2);
    const id = bytes.readUInt16BE(at);
    if (!isAllowed(id, value)) throw notHttp('a setting that cannot be');
    if (id === MAX_CONCURRENT_STREAMS) most = value;
  }
  return most;
}

function isAllowed(id: number, value: number): boolean {
  // A server may not push, nor say that it would.
  if (id === ENABLE_PUSH) return value === 0;
  if (id === INITIAL_WINDOW_SIZE) return value <= MAX_WINDOW;
  return id !== MAX_FRAME_SIZE || (value >= MIN_FRAME && value <= MAX_FRAME);
}
