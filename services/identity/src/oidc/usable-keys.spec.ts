import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { usableKeys } from './usable-keys.js';

const jwk = (key: KeyObject, extra: object = {}) => ({
  ...key.export({ format: 'jwk' }),
  ...extra,
});
const rsaOf = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength });
const ecOf = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });
const [rsa, short] = [rsaOf(2048), rsaOf(1024)];
const [p256, p384] = [ecOf('P-256'), ecOf('P-384')];
const ed = generateKeyPairSync('ed25519');
const good = jwk(rsa.publicKey, { kid: 'a', use: 'sig', alg: 'RS256' });

describe('usable keys', () => {
  it.each<[string, object]>([
    ['an RSA key', good],
    ['a key without id, use and algorithm', jwk(rsa.publicKey)],
    ['a key that may verify', jwk(rsa.publicKey, { key_ops: ['verify'] })],
    ['a P-256 key', jwk(p256.publicKey, { kid: 'b' })],
    ['an Ed25519 key', jwk(ed.publicKey, { alg: 'EdDSA' })],
  ])('hold %s', (_, key) =>
    expect(usableKeys([key], ['RS256', 'ES256', 'EdDSA'])).toStrictEqual({
      keys: [key],
      ignored: 0,
    }),
  );

  it.each<[string, unknown]>([
    ['nothing', null],
    ['a text', 'key'],
    ['an array', [good]],
    ['a secret', { kty: 'oct', k: 'c2VjcmV0', alg: 'HS256' }],
    ['a key of an unknown type', { ...good, kty: 'AKP' }],
    ['a key for encryption', { ...good, use: 'enc' }],
    ['a key of another algorithm', { ...good, alg: 'RS512' }],
    ['a key of an algorithm that is no signature', { ...good, alg: 'RSA-OAEP' }],
    ['a key that may only sign', { ...good, key_ops: ['sign'] }],
    ['a private RSA key', jwk(rsa.privateKey)],
    ['a private EC key', jwk(p256.privateKey)],
    ['a key of 1024 bits', jwk(short.publicKey)],
    ['a key of another curve', jwk(p384.publicKey)],
    ['a key without modulus', { ...good, n: undefined }],
    ['a key whose modulus is no text', { ...good, n: 7 }],
    ['a point that is not on its curve', { ...jwk(p256.publicKey), y: 'AA' }],
    ['a key with an empty id', { ...good, kid: '' }],
    ['a key with an endless id', { ...good, kid: 'x'.repeat(257) }],
  ])('do not hold %s', (_, key) =>
    expect(usableKeys([key, good], ['RS256', 'ES256'])).toStrictEqual({ keys: [good], ignored: 1 }),
  );

  it('hold nothing of a key but what verifying needs', () => {
    const key = { ...good, x5c: ['MII'], x5u: 'https://evil.test', note: 'x' };
    expect(usableKeys([key], ['RS256']).keys).toStrictEqual([good]);
  });

  it('are a hundred at most', () => {
    const published = Array.from({ length: 150 }, (_, index) => ({ ...good, kid: `k${index}` }));
    expect(usableKeys(published, ['RS256'])).toMatchObject({ ignored: 50 });
  });
});
