import type { Slice } from '@drawbridge/json-stream';
import { latin1 } from './latin1.js';
import { NameCache } from './name-cache.js';

/** Names of secrets, without `_`, `-` and `.`. */
export const secretWords: readonly string[] = [
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
/** One of these is in each of them, so in every name of a secret. */
export const secretLetters = 'cdkpwzCDKPWZ';
/** What follows a word when the name is that of something beside the secret: a place, a limit, a reference. */
const beside =
  /^(?:s?(?:name|file|path|dir|mount|ttl|seconds|expir\w*|age|ref|refs|enabled|disabled|type|policy|length|size|count|version|namespace|id|url|uri|endpoint|issuer|audience|review\w*|request\w*|rotat\w*|manager|store|provider|class)\w*)$/;
const SEPARATORS = new Set([0x2d, 0x2e, 0x5f, 0x20]);
const MAX_NAME_BYTES = 256;
const SHORTEST_NAME = 3;
const [DIGIT_0, DIGIT_9] = [0x30, 0x39];

const lower = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte,
);
/** How names end that end with a word, by their last two letters: nearly every other one is sorted out by these. */
export const secretEndings: Uint8Array = new Uint8Array(65_536);
for (const ending of [...secretWords, 'value', 's']) {
  const [last, before] = [
    ending.charCodeAt(ending.length - 1),
    ending.charCodeAt(ending.length - 2),
  ];
  for (let byte = 0; byte < 256; byte += 1) {
    if (ending === 's' || byte === before) secretEndings[(byte << 8) | last] = 1;
  }
}
// A number may follow.
for (let byte = 0; byte < 256; byte += 1) {
  for (let last = DIGIT_0; last <= DIGIT_9; last += 1) secretEndings[(byte << 8) | last] = 1;
}

const scratch = Buffer.alloc(MAX_NAME_BYTES);

/**
 * Whether a name is that of a secret.
 *
 * @param where - `anywhere` for names that people make up, as `DB_PASSWORD_OLD`; at the `end` for names of fields and
 *   in running text
 */
export function isSecretName(name: Slice, where: 'anywhere' | 'end'): boolean {
  if (name.end - name.start < SHORTEST_NAME) return false;
  if (where === 'anywhere') return anywhere.has(name);
  return mayEnd(name) && atEnd.has(name);
}

function mayEnd({ bytes, end }: Slice): boolean {
  const last = lower[bytes[end - 1] ?? 0] ?? 0;
  return secretEndings[((lower[bytes[end - 2] ?? 0] ?? 0) << 8) | last] === 1;
}

const anywhere = new NameCache((name) => isSecret(name, 'anywhere'));
const atEnd = new NameCache((name) => isSecret(name, 'end'));

function isSecret({ bytes, start, end }: Slice, where: 'anywhere' | 'end'): boolean {
  let length = 0;
  // What is longer is no name; its end is.
  for (let at = Math.max(start, end - MAX_NAME_BYTES); at < end; at += 1) {
    const byte = lower[bytes[at] ?? 0] ?? 0;
    if (!SEPARATORS.has(byte)) scratch[length++] = byte;
  }
  const name = latin1(scratch, 0, length).replace(/(?:value|b64|base64)$/, '');
  return secretWords.some((word) => says(name, word, where));
}

function says(name: string, word: string, where: 'anywhere' | 'end'): boolean {
  const at = name.lastIndexOf(word);
  if (at < 0) return false;
  const rest = name.slice(at + word.length);
  if (/^s?\d*$/.test(rest)) return true;
  return where === 'anywhere' && !beside.test(rest);
}
