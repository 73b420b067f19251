import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  NoteRefused,
  openNote,
  parseVerifierKey,
  publicKeyPem,
  signerOf,
  signNote,
  verifierKey,
} from './note.js';

/** The vector of the tests of golang.org/x/mod/sumdb/note. */
const published = {
  verifierKey: 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
  privateKey: 'AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz',
  text: "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n",
  signature:
    '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n',
};
const note = `${published.text}\n${published.signature}`;
const peter = parseVerifierKey(published.verifierKey);

/** PKCS#8 of the 32 bytes behind the byte that tells the algorithm: RFC 8410. */
const peterPem = createPrivateKey({
  key: Buffer.concat([
    Buffer.from('302e020100300506032b657004220420', 'hex'),
    Buffer.from(published.privateKey, 'base64').subarray(1),
  ]),
  format: 'der',
  type: 'pkcs8',
})
  .export({ format: 'pem', type: 'pkcs8' })
  .toString();
const signer = signerOf(peterPem);
const code = (wanted: string) => expect.objectContaining({ code: wanted }) as NoteRefused;

describe('a signed note', () => {
  it('is signed and opened as golang.org/x/mod/sumdb/note does', () => {
    expect(signNote(published.text, [{ name: 'PeterNeumann', key: signer }])).toBe(note);
    expect(openNote(note, peter)).toBe(published.text);
    expect(verifierKey('PeterNeumann', signer.publicKey)).toBe(published.verifierKey);
    expect(publicKeyPem(peter.key)).toMatch(/^-----BEGIN PUBLIC KEY-----\n/);
  });

  it('may have signatures of others, which are passed over', () => {
    const both = signNote(published.text, [
      { name: 'witness', key: signer },
      { name: 'PeterNeumann', key: signer },
    ]);
    expect(openNote(both, peter)).toBe(published.text);
  });

  it('is refused with any byte of it changed', () => {
    const bytes = Buffer.from(note);
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => openNote(changed.toString('utf8'), peter), `byte ${at}`).toThrow(NoteRefused);
    }
  });

  it('is refused under another name or another key', () => {
    const other = signerOf(
      generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    );
    expect(() => openNote(note, { name: 'Peter', key: peter.key })).toThrow(code('note_unsigned'));
    expect(() => openNote(note, { name: peter.name, key: other.publicKey })).toThrow(
      code('note_unsigned'),
    );
  });

  it('is refused with one right and one wrong signature of the same key', () => {
    const wrong = signNote('other\n', [{ name: peter.name, key: signer }]).split('\n\n')[1] ?? '';
    expect(() => openNote(note + wrong, peter)).toThrow(code('note_signature_wrong'));
  });

  it.each([
    ['nothing', ''],
    ['text alone', published.text],
    ['no blank line', published.text + published.signature],
    ['no end', note.slice(0, -1)],
    ['a signature that is none', `${published.text}\n— PeterNeumann x08g\n`],
    ['a control character', note.replace('you', 'y\u0007u')],
    ['too much', `${'a'.repeat(70_000)}\n${note}`],
    ['too many signatures', note + published.signature.repeat(64)],
  ])('is refused with %s', (_, text) => {
    expect(() => openNote(text, peter)).toThrow(code('note_malformed'));
  });
});

describe('a verifier key', () => {
  it('is refused with any part cut off', () => {
    const text = published.verifierKey;
    for (let from = 0; from < text.length; from += 1) {
      for (let to = from + 1; to <= text.length; to += 1) {
        if (to - from === text.length) continue;
        expect(() => parseVerifierKey(text.slice(from, to))).toThrow(code('note_key_malformed'));
      }
    }
  });
});

describe('a private key', () => {
  it.each([
    ['nothing', ''],
    [
      'an EC key',
      generateKeyPairSync('ec', { namedCurve: 'P-256' })
        .privateKey.export({ format: 'pem', type: 'pkcs8' })
        .toString(),
    ],
    ['a public key', publicKeyPem(peter.key)],
  ])('is refused when it is %s, and not quoted', (_, pem) => {
    expect(() => signerOf(pem)).toThrow(code('note_key_malformed'));
    expect(() => signerOf(pem)).not.toThrow(pem.slice(30, 60) || '-');
  });
});
