import type { Slice } from '@drawbridge/json-stream';
import { latin1 } from './latin1.js';

/** Names of secrets, without `_`, `-` and `.`. */
const words = [
  'password',
  'passwd',
  'passphrase',
  'passwort',
  'pwd',
  'secret',
  'token',
  'credential',
  'apikey',
  'accesskey',
  'privatekey',
  'secretkey',
  'signingkey',
  'encryptionkey',
  'masterkey',
  'accountkey',
  'sharedaccesskey',
  'secretaccesskey',
  'connectionstring',
  'authorization',
  'cookie',
  'dsn',
];
/** What follows a word when the name is that of something beside the secret: a place, a limit, a reference. */
const beside =
  /^(?:s?(?:name|file|path|dir|mount|ttl|seconds|expir\w*|age|ref|refs|enabled|disabled|type|policy|length|size|count|version|namespace|id|url|uri|endpoint|issuer|audience|review\w*|request\w*|rotat\w*|manager|store|provider|class)\w*)$/;
const SEPARATORS = new Set([0x2d, 0x2e, 0x5f, 0x20]);
const MAX_NAME_BYTES = 256;

const lower = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte,
);
/** How words begin: nearly every name is sorted out by these. */
const firstLetters = new Uint8Array(256);
for (const word of words) firstLetters[word.charCodeAt(0)] = 1;
const seconds = new Set(words.map((word) => (word.charCodeAt(0) << 8) | word.charCodeAt(1)));

const scratch = Buffer.alloc(MAX_NAME_BYTES);

/**
 * Whether a name is that of a secret.
 *
 * @param where - `anywhere` for names that people make up, as `DB_PASSWORD_OLD`; at the `end` for names of fields and
 *   in running text
 */
export function isSecretName({ bytes, start, end }: Slice, where: 'anywhere' | 'end'): boolean {
  if (end - start < 3) return false;
  // What is longer is no name; its end is.
  const from = Math.max(start, end - MAX_NAME_BYTES);
  if (!mayBe(bytes, from, end)) return false;
  let length = 0;
  for (let at = from; at < end; at += 1) {
    const byte = lower[bytes[at] ?? 0] ?? 0;
    if (!SEPARATORS.has(byte)) scratch[length++] = byte;
  }
  const name = latin1(scratch, 0, length).replace(/(?:value|b64|base64)$/, '');
  return words.some((word) => says(name, word, where));
}

function says(name: string, word: string, where: 'anywhere' | 'end'): boolean {
  const at = name.lastIndexOf(word);
  if (at < 0) return false;
  const rest = name.slice(at + word.length);
  if (/^s?\d*$/.test(rest)) return true;
  return where === 'anywhere' && !beside.test(rest);
}

/** Whether a word may begin somewhere in it. */
function mayBe(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end - 1; at += 1) {
    const first = lower[bytes[at] ?? 0] ?? 0;
    if (firstLetters[first] !== 1) continue;
    let next = at + 1;
    if (SEPARATORS.has(bytes[next] ?? 0)) next += 1;
    if (seconds.has((first << 8) | (lower[bytes[next] ?? 0] ?? 0))) return true;
  }
  return false;
}
