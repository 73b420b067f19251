import { createHmac, hash } from 'node:crypto';
import { MaskKeysInvalid } from './mask-keys-invalid.js';

const MIN_KEY_BYTES = 32;
const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
/** Longer texts are hashed where they stand, so that no copy of them is made. */
const SCRATCH_BYTES = 65_536;
/** So much can be hashed without an object that says where it ends. */
const SHORT_BYTES = 256;

/** Base64url digits of a mac: 132 bits. */
export const MAC_LENGTH = 22;
export const KEY_ID_LENGTH = 8;

/** One key of a tenant, ready to be used. */
export class MaskKey {
  /** Says which key it is and nothing about it. */
  readonly id: string;
  readonly #bytes: Uint8Array;
  readonly #inner = Buffer.alloc(BLOCK_BYTES + SCRATCH_BYTES);
  readonly #value = this.#inner.subarray(BLOCK_BYTES);
  /** By the length of the value. */
  readonly #short: (Buffer | undefined)[] = new Array<undefined>(SHORT_BYTES).fill(undefined);
  readonly #outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);

  constructor(bytes: Uint8Array) {
    if (bytes.length < MIN_KEY_BYTES) {
      throw new MaskKeysInvalid(
        `a key has ${bytes.length} bytes, expected ${MIN_KEY_BYTES} or more`,
      );
    }
    this.#bytes = Uint8Array.from(bytes);
    const id = createHmac('sha256', bytes).update('drawbridge mask key id').digest('hex');
    this.id = id.slice(0, KEY_ID_LENGTH);
    const secret = Buffer.alloc(BLOCK_BYTES);
    secret.set(bytes.length > BLOCK_BYTES ? hash('sha256', bytes, 'buffer') : bytes);
    this.#inner.set(Uint8Array.from(secret, (byte) => byte ^ 0x36));
    this.#outer.set(Uint8Array.from(secret, (byte) => byte ^ 0x5c));
  }

  /**
   * HMAC-SHA256, as {@link MAC_LENGTH} base64url digits. Node's own makes objects for each value, and its hash one
   * for each result that is no text: that takes many times as long as to hash a short value.
   */
  mac(value: Uint8Array): string {
    if (value.length > SCRATCH_BYTES) {
      const digest = createHmac('sha256', this.#bytes).update(value).digest('base64url');
      return digest.slice(0, MAC_LENGTH);
    }
    this.#value.set(value);
    return this.#macOf(value.length);
  }

  /**
   * The same for what is encoded in base64.
   *
   * @returns `undefined` when it is not, to the letter, or too large
   */
  macEncoded(base64: string): string | undefined {
    const size = sizeEncoded(base64);
    if (size > SCRATCH_BYTES || size < 0) return undefined;
    const length = this.#value.write(base64, 'base64');
    if (length === size) return this.#macOf(length);
    this.#value.fill(0, 0, length);
    return undefined;
  }

  #macOf(length: number): string {
    const digest = hash('sha256', this.#innerOf(length), 'binary');
    // Nothing of a value stays behind for longer than the call.
    this.#value.fill(0, 0, length);
    this.#outer.write(digest, BLOCK_BYTES, 'latin1');
    return hash('sha256', this.#outer, 'base64url').slice(0, MAC_LENGTH);
  }

  #innerOf(length: number): Buffer {
    const known = this.#short[length] ?? this.#inner.subarray(0, BLOCK_BYTES + length);
    if (length < SHORT_BYTES) this.#short[length] = known;
    return known;
  }

  /** The same for a value that comes in parts. */
  stream(): { update(part: Uint8Array): void; mac(): string } {
    const hmac = createHmac('sha256', this.#bytes);
    return {
      update: (part) => void hmac.update(part),
      mac: () => hmac.digest('base64url').slice(0, MAC_LENGTH),
    };
  }
}

/** What a text would be in bytes if it is base64 with all of its padding; -1 when its length says that it is not. */
function sizeEncoded(base64: string): number {
  const { length } = base64;
  if (length % 4 !== 0) return -1;
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0;
  return (length / 4) * 3 - padding;
}

/** Keys of a tenant: placeholders are made with the current one; older ones are still known. */
export class MaskKeys {
  readonly current: MaskKey;
  readonly ids: readonly string[];

  /** @throws {@link MaskKeysInvalid} for a key that is too short, or twice the same */
  constructor(current: Uint8Array, older: readonly Uint8Array[] = []) {
    this.current = new MaskKey(current);
    this.ids = [this.current.id, ...older.map((bytes) => new MaskKey(bytes).id)];
    if (new Set(this.ids).size < this.ids.length) throw new MaskKeysInvalid('a key is there twice');
  }

  /**
   * Reads a file of keys: one per line in base64, the current one first; empty lines and `#` comments do not count.
   *
   * @throws {@link MaskKeysInvalid} that names the line, never what stands there
   */
  static parse(text: string): MaskKeys {
    const keys = text.split('\n').flatMap((line, index) => {
      const encoded = line.replace(/#.*/, '').trim();
      if (encoded === '') return [];
      if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) {
        throw new MaskKeysInvalid(`line ${index + 1} of the keys is no base64`);
      }
      return [Buffer.from(encoded, 'base64')];
    });
    const [current, ...older] = keys;
    if (current === undefined) throw new MaskKeysInvalid('there is no key');
    return new MaskKeys(current, older);
  }
}
