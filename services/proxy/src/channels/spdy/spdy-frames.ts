/** Control frames of SPDY/3.1 that this gateway knows. */
export const controlTypes = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const;

export const HEAD_BYTES = 8;
export const FIN = 1;
const CONTROL = 0x8003_0000;

export interface SpdyData {
  readonly streamId: number;
  readonly payload: Uint8Array;
  /** Nothing more comes on this stream from this side. @default false */
  readonly fin?: boolean;
}

export function spdyDataFrame({ streamId, payload, fin = false }: SpdyData): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(streamId);
  head.writeUInt32BE(((fin ? FIN : 0) * 0x0100_0000 + payload.length) >>> 0, 4);
  return Buffer.concat([head, payload]);
}

/** @param status - 0: all is well, 1: the other side broke the protocol */
export function spdyGoAway(lastStreamId: number, status: 0 | 1): Buffer {
  const frame = Buffer.alloc(HEAD_BYTES + 8);
  frame.writeUInt32BE(CONTROL + controlTypes.goAway);
  frame.writeUInt32BE(8, 4);
  frame.writeUInt32BE(lastStreamId, 8);
  frame.writeUInt32BE(status, 12);
  return frame;
}
