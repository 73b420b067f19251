import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOfBits, huffmanBits, publishedCodes } from '../../../test/upstream/hpack-encoder.js';
import { huffmanText } from './huffman.js';

const every = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte));
const read = (bytes: Uint8Array) => huffmanText(bytes, 0, bytes.length);
const ofBits = (bits: string) => read(bytesOfBits(bits));
const eos = publishedCodes[256] ?? '';

describe('Huffman code', () => {
  it.each([
    ['www.example.com', 'f1e3c2e5f23a6ba0ab90f4ff'],
    ['no-cache', 'a8eb10649cbf'],
    ['custom-key', '25a849e95ba97d7f'],
    ['private', 'aec3771a4b'],
    ['', ''],
  ])('reads %j', (text, hex) => {
    expect(read(Buffer.from(hex, 'hex'))).toBe(text);
  });

  it('reads each byte, behind and before each other', () => {
    expect(publishedCodes).toHaveLength(257);
    for (const first of every) {
      expect(ofBits(huffmanBits(first))).toBe(first);
      for (const second of every) {
        if (ofBits(huffmanBits(first + second)) !== first + second) {
          expect.fail(`${first.charCodeAt(0)} ${second.charCodeAt(0)}`);
        }
      }
    }
    expect(ofBits(huffmanBits(every.join('')))).toBe(every.join(''));
  });

  it('reads any text, however long, between other bytes', () => {
    const text = fc.string({ unit: fc.constantFrom(...every), maxLength: 300 });
    fc.assert(
      fc.property(text, fc.nat(60), fc.nat(9), (part, times, before) => {
        const whole = part.repeat(times);
        const bytes = bytesOfBits(huffmanBits(whole));
        const around = Buffer.concat([Buffer.alloc(before), bytes, Buffer.alloc(3)]);
        expect(huffmanText(around, before, before + bytes.length)).toBe(whole);
        expect(huffmanText(new Uint8Array(around), before, before + bytes.length)).toBe(whole);
      }),
    );
  });

  it.each([5_000, 5_119, 5_120, 5_121, 5_200])('reads %i of the shortest codes', (bytes) => {
    const length = Math.floor((bytes * 8) / 5);
    expect(ofBits(huffmanBits('a'.repeat(length)))).toBe('a'.repeat(length));
  });

  it('refuses EOS wherever it is', () => {
    for (const before of ['', ...every]) {
      expect(() => ofBits(huffmanBits(before) + eos)).toThrow('a Huffman code with EOS in it');
      expect(() => ofBits(`${huffmanBits(before)}${eos}${huffmanBits('ab')}`)).toThrow('EOS');
    }
  });

  it('refuses eight and more bits of padding', () => {
    for (const before of ['', ...every]) {
      const bytes = bytesOfBits(huffmanBits(before));
      // With a third byte of ones it may be EOS.
      expect(() => read(Buffer.from([...bytes, 0xff]))).toThrow('does not end');
      expect(() => read(Buffer.from([...bytes, 0xff, 0xff]))).toThrow('does not end');
    }
  });

  it('refuses padding that is not all ones', () => {
    for (const before of every) {
      const bits = huffmanBits(before);
      const padding = (8 - (bits.length % 8)) % 8;
      // Of those of five bits and more, some begin with a whole symbol.
      for (let value = 0; value < 2 ** padding - 1 && padding < 5; value += 1) {
        const padded = bits + value.toString(2).padStart(padding, '0');
        expect(() => ofBits(padded)).toThrow('does not end as it should');
      }
    }
    expect(() => ofBits(`${huffmanBits('a')}000`)).toThrow('does not end as it should');
  });

  it('refuses a text that is cut off', () => {
    for (const text of every) {
      const bytes = bytesOfBits(huffmanBits(text));
      for (let end = 1; end < bytes.length; end += 1) {
        // What begins with five ones and more ends in the middle of a long code.
        expect(() => huffmanText(bytes, 0, end)).toThrow('does not end as it should');
      }
    }
  });

  it('says nothing of the bytes', () => {
    const message = 'the answer: a Huffman code that does not end as it should';
    expect(() => read(Buffer.from('secret'))).toThrow(message);
  });
});
