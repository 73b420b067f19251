import { hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { objectKey, requireHash } from './object-key.js';

describe('the key of an object', () => {
  it('is made of its hash', () => {
    const sha256 = hash('sha256', 'text', 'hex');
    expect(objectKey(sha256)).toBe(`sha256/${sha256.slice(0, 2)}/${sha256.slice(2)}`);
  });

  it.each([
    '',
    '..',
    '../../etc/passwd',
    'ab'.repeat(31),
    `${'a'.repeat(63)}/`,
    `${'a'.repeat(64)}\n`,
    'A'.repeat(64),
    `${'a'.repeat(62)}..`,
    `${'a'.repeat(63)}\0`,
  ])('is made of nothing else: %j', (name) => {
    expect(() => objectKey(name)).toThrow(TypeError);
  });

  it('leads nowhere else, whatever it is asked for', () => {
    const anything = fc.oneof(fc.string(), fc.string({ minLength: 64, maxLength: 64 }));
    fc.assert(
      fc.property(anything, (name) => {
        let key: string;
        try {
          key = objectKey(name);
        } catch {
          return;
        }
        expect(key).toMatch(/^sha256\/[0-9a-f]{2}\/[0-9a-f]{62}$/);
      }),
    );
  });

  it('tells bytes that are not its own', () => {
    const sha256 = hash('sha256', 'text', 'hex');
    expect(() => requireHash(sha256, Buffer.from('text'))).not.toThrow();
    expect(() => requireHash(sha256, Buffer.from('texT'))).toThrow(
      expect.objectContaining({ code: 'object_damaged' }) as Error,
    );
  });
});
