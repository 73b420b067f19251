import { isUtf8 } from 'node:buffer';

/** A piece of what passed: as text, or in base64 when it is none. */
export interface RecordedPiece {
  readonly text: string;
  readonly isBase64: boolean;
}

/** More makes a frame that is too long for a line of the record. */
const MAX_PIECE = 16_384;

/** Makes texts of the bytes of one direction, of which characters may be split anywhere. */
export class TextPieces {
  /** Of the last character. */
  #begun: Uint8Array = NOTHING;

  take(bytes: Uint8Array): readonly RecordedPiece[] {
    const all = this.#begun.length === 0 ? bytes : Buffer.concat([this.#begun, bytes]);
    const pieces: RecordedPiece[] = [];
    let from = 0;
    while (from < all.length) {
      const to = Math.min(from + MAX_PIECE, all.length);
      const part = all.subarray(from, to);
      const end = part.length - openBytes(part);
      if (end === 0) break;
      pieces.push(pieceOf(part.subarray(0, end)));
      from += end;
    }
    this.#begun = from < all.length ? Uint8Array.from(all.subarray(from)) : NOTHING;
    return pieces;
  }

  /** Nothing more comes: a character that was begun is none. */
  end(): readonly RecordedPiece[] {
    const rest = this.#begun;
    this.#begun = NOTHING;
    return rest.length === 0 ? [] : [pieceOf(rest)];
  }
}

const NOTHING = new Uint8Array(0);

function pieceOf(bytes: Uint8Array): RecordedPiece {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const isBase64 = !isUtf8(bytes);
  return { text: buffer.toString(isBase64 ? 'base64' : 'utf8'), isBase64 };
}

/** How many bytes at the end begin a character that is not complete. */
function openBytes(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return lengthOf(byte) > back ? back : 0;
  }
  return 0;
}

function lengthOf(first: number): number {
  if (first >= 0xf0) return 4;
  return first >= 0xe0 ? 3 : 2;
}
