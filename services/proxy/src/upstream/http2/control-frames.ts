import { notHttp } from '../upstream-fault.js';
import type { Frame } from './frame-reader.js';
import * as frames from './frames.js';

/** What is asked of a frame of one type. */
interface FrameRule {
  readonly of: 'connection' | 'stream' | 'any';
  readonly isSize: (bytes: number) => boolean;
}

const exactly = (size: number) => (bytes: number) => bytes === size;
const GOAWAY_BYTES = 8;
const rules: ReadonlyMap<number, FrameRule> = new Map<number, FrameRule>([
  [frames.PRIORITY, { of: 'stream', isSize: exactly(5) }],
  [frames.RST_STREAM, { of: 'stream', isSize: exactly(4) }],
  [frames.SETTINGS, { of: 'connection', isSize: () => true }],
  [frames.PING, { of: 'connection', isSize: exactly(8) }],
  [frames.GOAWAY, { of: 'connection', isSize: (bytes) => bytes >= GOAWAY_BYTES }],
  [frames.WINDOW_UPDATE, { of: 'any', isSize: exactly(4) }],
]);

/**
 * Whether a frame that is no part of an answer is one. Of types that nobody knows nothing is asked (RFC 9113,
 * section 4.1).
 *
 * @throws {@link UpstreamFault} `not_http`
 */
export function checkControl({ type, flags, stream, bytes, start, end }: Frame): void {
  if (type === frames.PUSH_PROMISE) throw notHttp('a push that nobody asked for');
  const rule = rules.get(type);
  if (rule === undefined) return;
  const of = stream === 0 ? 'connection' : 'stream';
  if (rule.of !== 'any' && rule.of !== of) throw notHttp('a frame in the wrong place');
  const size = end - start;
  if (!rule.isSize(size) || (isAck(type, flags) && size > 0)) {
    throw notHttp('a frame of another length');
  }
  if (isEmptyWindow(type, bytes, start)) throw notHttp('a window of nothing');
}

const isEmptyWindow = (type: number, bytes: Buffer, start: number): boolean =>
  type === frames.WINDOW_UPDATE && (bytes.readUInt32BE(start) & 0x7fff_ffff) === 0;

const isAck = (type: number, flags: number): boolean =>
  type === frames.SETTINGS && (flags & frames.ACK) !== 0;
