import { constants, createDeflate, type Deflate } from 'node:zlib';
import { spdyDictionary } from '../../src/channels/spdy/dictionary.js';
import { controlTypes } from '../../src/channels/spdy/spdy-frames.js';

export interface ControlFrame {
  readonly type: number;
  readonly flags?: number;
  readonly payload: Uint8Array;
  readonly version?: number;
}

export function controlFrame({ type, flags = 0, payload, version = 3 }: ControlFrame): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(0x8000 | version);
  head.writeUInt16BE(type, 2);
  head.writeUInt32BE(((flags << 24) | payload.length) >>> 0, 4);
  return Buffer.concat([head, payload]);
}

export const words = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => bytes.writeUInt32BE(value >>> 0, index * 4));
  return bytes;
};

export const reset = (id: number): Buffer =>
  controlFrame({ type: controlTypes.rstStream, payload: words(id, 5) });
export const ping = (id: number): Buffer =>
  controlFrame({ type: controlTypes.ping, payload: words(id) });

/** Headers as they stand in a block, before compression. */
export function plainHeaders(headers: readonly (readonly [string, string])[]): Buffer {
  const parts: Buffer[] = [words(headers.length)];
  for (const text of headers.flat()) parts.push(words(text.length), Buffer.from(text, 'latin1'));
  return Buffer.concat(parts);
}

/** Writes frames that open streams, with the compression of one side of one connection. */
export class SpdyPeer {
  readonly #deflate: Deflate = createDeflate({ dictionary: spdyDictionary });

  async compress(block: Buffer): Promise<Buffer> {
    const chunks: Buffer[] = [];
    const keep = (chunk: Buffer) => chunks.push(chunk);
    this.#deflate.on('data', keep);
    this.#deflate.write(block);
    await new Promise<void>((resolve) => {
      this.#deflate.flush(constants.Z_SYNC_FLUSH, () => resolve());
    });
    this.#deflate.off('data', keep);
    return Buffer.concat(chunks);
  }

  async open(id: number, headers: Readonly<Record<string, string>>, flags = 0): Promise<Buffer> {
    const block = await this.compress(plainHeaders(Object.entries(headers)));
    const payload = Buffer.concat([words(id, 0), Buffer.of(0, 0), block]);
    return controlFrame({ type: controlTypes.synStream, flags, payload });
  }

  async reply(id: number, flags = 0): Promise<Buffer> {
    const payload = Buffer.concat([words(id), await this.compress(plainHeaders([]))]);
    return controlFrame({ type: controlTypes.synReply, flags, payload });
  }
}
