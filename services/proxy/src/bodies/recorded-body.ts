import type { BodyCut, BodyObject } from '@drawbridge/contracts';

/** A body as it is kept, before it is written down. */
export interface RecordedBody {
  /** Of the whole body. */
  readonly bytes: number;
  readonly sha256: string;
  /** What is kept of it in the record itself. */
  readonly content: Buffer;
  /** What is kept of it in the object store, in order; then `content` is empty. */
  readonly objects: readonly BodyObject[];
  /** Why that is not all. */
  readonly cut: BodyCut | undefined;
}

const LONGEST_CHARACTER = 4;
const [CONTINUATION, TOP_BITS] = [0x80, 0xc0];

/** The beginning of a text, without the half of a character at its end. */
export function wholeCharacters(bytes: Buffer): Buffer {
  for (let back = 1; back < LONGEST_CHARACTER && back <= bytes.length; back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < CONTINUATION) return bytes;
    if ((byte & TOP_BITS) !== TOP_BITS) continue;
    const needed = byte >= 0xf0 ? LONGEST_CHARACTER : byte >= 0xe0 ? 3 : 2;
    return needed > back ? bytes.subarray(0, -back) : bytes;
  }
  return bytes;
}
