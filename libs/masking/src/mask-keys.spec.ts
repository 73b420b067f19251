import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MaskKey, MaskKeys } from './mask-keys.js';

const bytes = (fill: number, length = 32) => Buffer.alloc(length, fill);
const [first, second] = [bytes(1).toString('base64'), bytes(2).toString('base64')];

describe('a mac', () => {
  it('is HMAC-SHA256, at once and in parts', () => {
    const anyValue = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.uint8Array({ minLength: 16_300, maxLength: 16_500 }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 100 }), anyValue, (secret, value) => {
        const expected = createHmac('sha256', secret)
          .update(value)
          .digest('base64url')
          .slice(0, 22);
        const key = new MaskKey(secret);
        expect([key.mac(value), key.mac(value)]).toStrictEqual([expected, expected]);
        const stream = key.stream();
        stream.update(value.subarray(0, 7));
        stream.update(value.subarray(7));
        expect(stream.mac()).toBe(expected);
      }),
      { numRuns: 200 },
    );
  });
});

describe('keys', () => {
  it('are read from a file, the current one first, each with an id of its own', () => {
    const keys = MaskKeys.parse(`# rotated\n${first}\n\n  ${second} # old\n`);
    expect(keys.current.id).toBe(new MaskKey(bytes(1)).id);
    expect(keys.ids).toStrictEqual([new MaskKey(bytes(1)).id, new MaskKey(bytes(2)).id]);
    expect(keys.current.id).toMatch(/^[0-9a-f]{8}$/);
  });

  it.each([
    ['there is no key', '\n# nothing\n'],
    ['line 2 of the keys is no base64', `${first}\nhunter2!\n`],
    ['a key has 5 bytes, expected 32 or more', `${first}\nc2hvcnQ=\n`],
    ['a key is there twice', `${first}\n${first}\n`],
  ])('that cannot be used are refused: %s', (message, text) => {
    expect(() => MaskKeys.parse(text)).toThrow(
      expect.objectContaining({ code: 'mask_keys_invalid', message }),
    );
  });
});
