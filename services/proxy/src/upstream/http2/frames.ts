/** Types of frames (RFC 9113, section 6). */
export const DATA = 0x0;
export const HEADERS = 0x1;
export const PRIORITY = 0x2;
export const RST_STREAM = 0x3;
export const SETTINGS = 0x4;
export const PUSH_PROMISE = 0x5;
export const PING = 0x6;
export const GOAWAY = 0x7;
export const WINDOW_UPDATE = 0x8;
export const CONTINUATION = 0x9;

/** Flags; which of them a frame may have says its type. */
export const ACK = 0x1;
export const END_STREAM = 0x1;
export const END_HEADERS = 0x4;
export const PADDED = 0x8;
export const WITH_PRIORITY = 0x20;

/** Why a stream or a connection ends (RFC 9113, section 7). */
export const PROTOCOL_ERROR = 0x1;
export const REFUSED_STREAM = 0x7;
export const CANCEL = 0x8;

/** What begins a connection, before any frame. */
export const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
/** The largest frame without asking the other side to take more; we neither ask nor are asked. */
export const MAX_FRAME_BYTES = 16_384;

const { fromCharCode } = String;

/** A number of 32 bits, as latin1. */
export const word = (value: number): string =>
  fromCharCode((value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);

/** What a frame is, but for what is in it. */
export interface FrameKind {
  readonly type: number;
  readonly flags?: number;
  /** 0 is the connection. */
  readonly stream?: number;
}

/** One frame, to be written as latin1. */
export function frameText({ type, flags = 0, stream = 0 }: FrameKind, payload: string): string {
  const { length } = payload;
  const head = fromCharCode(
    (length >>> 16) & 0xff,
    (length >>> 8) & 0xff,
    length & 0xff,
    type,
    flags,
  );
  return head + word(stream) + payload;
}

/** One setting of a SETTINGS frame. */
export const settingText = (id: number, value: number): string =>
  fromCharCode((id >>> 8) & 0xff, id & 0xff) + word(value);
