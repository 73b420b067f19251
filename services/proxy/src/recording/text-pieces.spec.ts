import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TextPieces, type RecordedPiece } from './text-pieces.js';

const bytesOf = ({ text, isBase64 }: RecordedPiece) =>
  Buffer.from(text, isBase64 ? 'base64' : 'utf8');

/** The pieces of bytes that come in these parts. */
function piecesOf(parts: readonly Uint8Array[]): readonly RecordedPiece[] {
  const pieces = new TextPieces();
  return [...parts.flatMap((part) => pieces.take(part)), ...pieces.end()];
}

describe('bytes as pieces of text', () => {
  it('are the bytes again, whatever they are and however they come', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 }), (parts) => {
        const back = Buffer.concat(piecesOf(parts).map(bytesOf));
        expect(back).toStrictEqual(Buffer.concat(parts));
      }),
    );
  });

  it('are text where they are one, though characters are split', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(), (text, at) => {
        const bytes = Buffer.from(text);
        const middle = bytes.length === 0 ? 0 : at % bytes.length;
        const pieces = piecesOf([bytes.subarray(0, middle), bytes.subarray(middle)]);
        expect(pieces.some(({ isBase64 }) => isBase64)).toBe(false);
        expect(pieces.map((piece) => piece.text).join('')).toBe(text);
      }),
    );
  });

  it('are base64 where they are none', () => {
    expect(piecesOf([Buffer.of(0xff, 0xfe, 0x41)])).toStrictEqual([
      { text: '//5B', isBase64: true },
    ]);
  });

  it('a character that never ends is not lost', () => {
    expect(piecesOf([Buffer.of(0x61, 0xe2, 0x82)])).toStrictEqual([
      { text: 'a', isBase64: false },
      { text: '4oI=', isBase64: true },
    ]);
  });

  it('none is longer than fits a line of the record', () => {
    const pieces = piecesOf([Buffer.from('€'.repeat(33_333))]);
    expect(Math.max(...pieces.map((piece) => Buffer.byteLength(piece.text)))).toBeLessThan(16_385);
    expect(pieces.map(({ text }) => text).join('')).toBe('€'.repeat(33_333));
  });
});
