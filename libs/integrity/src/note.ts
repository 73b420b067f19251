import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { AppError } from '@drawbridge/kernel';
import { sha256 } from './merkle.js';

/**
 * Signed notes, https://c2sp.org/signed-note, with Ed25519.
 *
 * `note_malformed`: not a note. `note_unsigned`: no signature of the key that was asked for.
 * `note_signature_wrong`: a signature in the name of that key that is not of it. `note_key_malformed`: no such key.
 */
export class NoteRefused extends AppError<
  'note_malformed' | 'note_unsigned' | 'note_signature_wrong' | 'note_key_malformed'
> {}

const ED25519 = Buffer.of(1);
const PUBLIC_KEY_BYTES = 32;
const KEY_ID_BYTES = 4;
const MAX_CHARACTERS = 65_536;
const MAX_SIGNATURES = 64;
/** A public key as SPKI is this and its 32 bytes: RFC 8410. */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const NAME = /^[^\p{White_Space}\p{Cc}+]{1,256}$/u;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const SIGNATURE_LINE = /^— (\S+) (\S+)$/u;

/** An Ed25519 public key, as its 32 bytes. */
export type PublicKey = Uint8Array;

export interface Signer {
  readonly publicKey: PublicKey;
  sign(text: string): Uint8Array;
}

/**
 * The signer of an Ed25519 private key.
 *
 * @param pem - PKCS#8, as `openssl genpkey -algorithm ed25519` writes it
 * @throws NoteRefused `note_key_malformed`, which tells nothing of the key
 */
export function signerOf(pem: string): Signer {
  const key = privateKeyOf(pem);
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return {
    publicKey: spki.subarray(SPKI_PREFIX.length),
    sign: (text) => sign(null, Buffer.from(text), key),
  };
}

function privateKeyOf(pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // What OpenSSL says of a key may quote it.
  }
  throw new NoteRefused('note_key_malformed', 'expected an Ed25519 private key in PKCS#8 PEM');
}

/**
 * A public key that somebody was given: as a verifier key, or as PEM.
 *
 * @throws NoteRefused `note_key_malformed`
 */
export function parsePublicKey(text: string): PublicKey {
  const trimmed = text.trim();
  if (!trimmed.startsWith('-----BEGIN PUBLIC KEY-----')) return parseVerifierKey(trimmed).key;
  try {
    const key = createPublicKey(trimmed);
    if (key.asymmetricKeyType === 'ed25519') {
      return key.export({ format: 'der', type: 'spki' }).subarray(SPKI_PREFIX.length);
    }
  } catch {
    // As for one of another kind.
  }
  throw new NoteRefused('note_key_malformed', 'expected an Ed25519 public key in PEM');
}

/** A key and the name it signs in, as one line: what the makers of note tools call a verifier key. */
export const verifierKey = (name: string, key: PublicKey): string =>
  `${name}+${keyId(name, key).toString('hex')}+${Buffer.concat([ED25519, key]).toString('base64')}`;

/** @throws NoteRefused `note_key_malformed` */
export function parseVerifierKey(text: string): Named<PublicKey> {
  const [, name = '', , encoded = ''] = /^([^+]+)\+([0-9a-f]{8})\+(\S+)$/u.exec(text) ?? [];
  const key = base64(encoded)?.subarray(1) ?? Buffer.alloc(0);
  // The same text again: the algorithm and the id are the ones that belong to the key.
  const isOurs = key.length === PUBLIC_KEY_BYTES && verifierKey(name, key) === text;
  if (isOurs && NAME.test(name)) return { name, key };
  throw new NoteRefused(
    'note_key_malformed',
    'expected <name>+<key id>+<base64 of an Ed25519 key>',
  );
}

/** The first bytes of a hash, which only say which key to try. */
const keyId = (name: string, key: PublicKey): Buffer =>
  sha256(Buffer.from(`${name}\n`), ED25519, key).subarray(0, KEY_ID_BYTES);

export interface Named<Key> {
  readonly name: string;
  readonly key: Key;
}

/** @param text - ends with a line break; any lines of UTF-8 without other control characters */
export function signNote(text: string, signers: readonly Named<Signer>[]): string {
  if (!isNoteText(text)) throw new TypeError('not the text of a note');
  const lines = signers.map(({ name, key }) => {
    const signature = Buffer.concat([keyId(name, key.publicKey), key.sign(text)]);
    return `— ${name} ${signature.toString('base64')}\n`;
  });
  return `${text}\n${lines.join('')}`;
}

/**
 * The text of a note that `signer` signed. Signatures of others are passed over.
 *
 * @throws NoteRefused
 */
export function openNote(note: string, signer: Named<PublicKey>): string {
  const { text, signatures } = split(note);
  const id = keyId(signer.name, signer.key);
  const ours = signatures.filter(
    ({ name, bytes }) => name === signer.name && bytes.subarray(0, KEY_ID_BYTES).equals(id),
  );
  if (ours.length === 0) {
    throw new NoteRefused(
      'note_unsigned',
      `the note has no signature of ${verifierKey(signer.name, signer.key)}`,
    );
  }
  const key = publicKeyObject(signer.key);
  const signed = Buffer.from(text);
  if (!ours.every(({ bytes }) => verify(null, signed, key, bytes.subarray(KEY_ID_BYTES)))) {
    throw new NoteRefused(
      'note_signature_wrong',
      `the signature of "${signer.name}" is not of its key`,
    );
  }
  return text;
}

/** The text of a note, believed by nobody: to find out which key it names. @throws NoteRefused `note_malformed` */
export const unverifiedText = (note: string): string => split(note).text;

interface Signature {
  readonly name: string;
  readonly bytes: Buffer;
}

function split(note: string): { readonly text: string; readonly signatures: readonly Signature[] } {
  const blank = note.lastIndexOf('\n\n');
  const text = note.slice(0, blank + 1);
  const lines = note.slice(blank + 2).split('\n');
  const wellFormed =
    note.length <= MAX_CHARACTERS &&
    blank > 0 &&
    isNoteText(text) &&
    lines.length >= 2 &&
    lines.pop() === '' &&
    lines.length <= MAX_SIGNATURES;
  if (!wellFormed) throw malformed();
  return { text, signatures: lines.map(signatureOf) };
}

function signatureOf(line: string): Signature {
  const [, name = '', encoded = ''] = SIGNATURE_LINE.exec(line) ?? [];
  const bytes = base64(encoded);
  if (!NAME.test(name) || bytes === undefined || bytes.length <= KEY_ID_BYTES) throw malformed();
  return { name, bytes };
}

const malformed = () => new NoteRefused('note_malformed', 'this is not a signed note');

const isNoteText = (text: string): boolean =>
  // Text with a lone surrogate would be signed as something else.
  // eslint-disable-next-line no-control-regex
  text.endsWith('\n') && text.isWellFormed() && !/[\u0000-\u0009\u000b-\u001f]/.test(text);

/** Only the one way to write the bytes. */
export function base64(text: string): Buffer | undefined {
  if (!BASE64.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

function publicKeyObject(key: PublicKey): KeyObject {
  const der = Buffer.concat([SPKI_PREFIX, key]);
  return createPublicKey({ key: der, format: 'der', type: 'spki' });
}

/** A public key for `openssl pkeyutl -verify -pubin`. */
export const publicKeyPem = (key: PublicKey): string =>
  publicKeyObject(key).export({ format: 'pem', type: 'spki' }).toString();
