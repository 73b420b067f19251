import { constants, gunzipSync } from 'node:zlib';
import type { Canary } from './canary.js';

const DEEPEST = 4;
/** Runs of base64 that are long enough to hold more than a name. */
const BASE64_RUN = /[A-Za-z0-9+/_-]{24,}/g;
const GZIP = Buffer.from([0x1f, 0x8b]);
const JSON_ESCAPE = /\\u([0-9a-fA-F]{4})/g;
/** Of service accounts and others: whatever the cluster makes up as it answers. */
const WEB_TOKEN = /eyJ[\w-]{16,}\.eyJ[\w-]{16,}\.[\w-]{16,}/;
export const ANY_WEB_TOKEN = 'a web token that nobody planted';

/** Finds canaries in bytes: as they are, in base64, in hexadecimal, escaped, percent-encoded, and compressed. */
export class CanaryHunt {
  readonly #needles: readonly (readonly [string, readonly Buffer[]])[];

  constructor(canaries: readonly Canary[]) {
    this.#needles = canaries.map(({ name, parts }) => [name, parts.flatMap(spellings)]);
  }

  /** Names of all canaries that the bytes give away, each once. */
  in(bytes: Uint8Array): ReadonlySet<string> {
    const found = new Set<string>();
    this.#look(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), found, 0);
    return found;
  }

  #look(bytes: Buffer, found: Set<string>, depth: number): void {
    for (const [name, needles] of this.#needles) {
      if (!found.has(name) && needles.some((needle) => bytes.includes(needle))) found.add(name);
    }
    const text = bytes.toString('latin1');
    if (WEB_TOKEN.test(text)) found.add(ANY_WEB_TOKEN);
    if (depth === DEEPEST) return;
    for (const inner of unwrapped(bytes, text)) this.#look(inner, found, depth + 1);
  }
}

/** What stands inside of what. */
function* unwrapped(bytes: Buffer, text: string): Generator<Buffer> {
  if (bytes.subarray(0, 2).equals(GZIP)) {
    const plain = decompressed(bytes);
    if (plain.length > 0) yield plain;
    return;
  }
  if (text.includes('\\u')) yield Buffer.from(unescaped(text), 'latin1');
  const inner = [...text.matchAll(BASE64_RUN)].map(([run]) => Buffer.from(run, 'base64'));
  // One search over all of them: the needles know every spelling but a packed one.
  const [packed, plain] = [inner.filter(isPacked), inner.filter((each) => !isPacked(each))];
  yield* packed;
  const rest = Buffer.concat(plain.flatMap((each) => [each, Buffer.from('\n')]));
  if (rest.length > 0) yield rest;
}

const isPacked = (bytes: Buffer): boolean => bytes.subarray(0, 2).equals(GZIP);

/** A stream that was cut tells what came before. */
function decompressed(bytes: Buffer): Buffer {
  try {
    return gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return Buffer.alloc(0);
  }
}

const unescaped = (text: string): string =>
  text.replaceAll(JSON_ESCAPE, (_, code: string) => String.fromCharCode(parseInt(code, 16) & 0xff));

/** Every way in which a text can stand in an answer without being looked for twice. */
function spellings(part: string): Buffer[] {
  const bytes = Buffer.from(part);
  const hex = bytes.toString('hex');
  const percent = hex.replaceAll(/../g, '%$&');
  const base64 = [0, 1, 2].map((shift) => base64Core(bytes, shift));
  const texts = [
    ...[part, hex, hex.toUpperCase(), percent, percent.toUpperCase()],
    ...base64,
    ...base64.map((each) => each.replaceAll('+', '-').replaceAll('/', '_')),
  ];
  const all = [...new Set(texts)].map((text) => Buffer.from(text));
  return [...all, Buffer.from(part, 'utf16le')];
}

/** What base64 makes of the bytes wherever they stand: only the characters that hold nothing else. */
function base64Core(bytes: Buffer, shift: number): string {
  const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
  const begin = Math.ceil((shift * 8) / 6);
  const end = Math.floor(((shift + bytes.length) * 8) / 6);
  return encoded.slice(begin, end);
}
