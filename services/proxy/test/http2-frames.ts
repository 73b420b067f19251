import { connect, type TLSSocket } from 'node:tls';
import type { RawTarget } from './raw-call.js';

export const frameType = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;
export const END_STREAM = 1;
export const END_HEADERS = 4;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** One HTTP/2 frame, right or wrong. */
export function frame(
  type: number,
  { flags = 0, stream = 0, payload = Buffer.alloc(0) }: Partial<Omit<Frame, 'type'>> = {},
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** HPACK, every header literal and never indexed: any bytes pass. */
export function headerBlock(headers: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(
    headers.flatMap(([name, value]) => [Buffer.from([0x10]), text(name), text(value)]),
  );
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  const length: number[] = [];
  let rest = bytes.length;
  if (rest < 127) length.push(rest);
  else {
    length.push(127);
    for (rest -= 127; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128);
    length.push(rest);
  }
  return Buffer.concat([Buffer.from(length), bytes]);
}

export const headersFrame = (
  stream: number,
  headers: readonly (readonly [string, string])[],
  flags = END_STREAM | END_HEADERS,
) => frame(frameType.headers, { stream, flags, payload: headerBlock(headers) });

export const settingsFrame = (...pairs: readonly (readonly [number, number])[]) => {
  const payload = Buffer.alloc(pairs.length * 6);
  for (const [index, [id, value]] of pairs.entries()) {
    payload.writeUInt16BE(id, index * 6);
    payload.writeUInt32BE(value, index * 6 + 2);
  }
  return frame(frameType.settings, { payload });
};

/** A client that writes frames by hand and keeps every frame that comes back. */
export interface RawHttp2 {
  readonly socket: TLSSocket;
  readonly frames: Frame[];
  readonly closed: Promise<void>;
  write(...frames: readonly Buffer[]): void;
}

export function rawHttp2(
  { host, port, certificateAuthority }: RawTarget,
  settings: Buffer = settingsFrame(),
): Promise<RawHttp2> {
  return new Promise((resolve, reject) => {
    const options = { host, port, ca: certificateAuthority, servername: 'localhost' };
    const socket = connect({ ...options, ALPNProtocols: ['h2'] }, () => {
      if (socket.alpnProtocol !== 'h2') throw new Error('expected HTTP/2');
      socket.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), settings]));
      resolve({ socket, frames, closed, write: (...all) => socket.write(Buffer.concat(all)) });
    });
    const frames: Frame[] = [];
    const closed = new Promise<void>((done) => socket.once('close', () => done()));
    let rest = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      for (let read = readFrame(rest); read !== undefined; read = readFrame(rest)) {
        frames.push(read);
        rest = rest.subarray(9 + read.payload.length);
      }
    });
    socket.on('error', reject);
  });
}

function readFrame(bytes: Buffer): Frame | undefined {
  if (bytes.length < 9) return undefined;
  const length = bytes.readUIntBE(0, 3);
  if (bytes.length < 9 + length) return undefined;
  return {
    type: bytes.readUInt8(3),
    flags: bytes.readUInt8(4),
    stream: bytes.readUInt32BE(5),
    payload: bytes.subarray(9, 9 + length),
  };
}
