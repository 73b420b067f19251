import { createHmac, timingSafeEqual } from 'node:crypto';
import { ConfigInvalid, readSecretFile } from './load-config.js';

const MIN_KEY_BYTES = 32;
const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** A call that a gateway makes for itself, as its cluster sees it. */
export interface OwnCall {
  readonly connection: string;
  /** In upper case. */
  readonly method: string;
  /** Path and query, byte for byte. */
  readonly target: string;
}

/**
 * Ids for the calls that gateways make in clusters for themselves, which no command explains. Whoever has the keys can
 * tell such an id from any other, and knows which call it was made for; who only has the credential of a gateway can
 * make none. It is a UUIDv8 (RFC 9562): the time in milliseconds as in a UUIDv7, and 74 bits of an HMAC-SHA256 over time and call.
 */
export class OwnCallKeys {
  readonly #keys: readonly [Buffer, ...Buffer[]];

  private constructor(keys: readonly [Buffer, ...Buffer[]]) {
    this.#keys = keys;
  }

  /**
   * One key per line, 32 bytes or more in base64; the first makes ids, all of them know theirs.
   *
   * @throws {@link ConfigInvalid} that names the variable, never what is in the file
   */
  static read(variable: string, path: string): OwnCallKeys {
    const [first, ...others] = readSecretFile(variable, path)
      .split(/\r?\n/)
      .filter((line) => line !== '')
      .map((line, index) => keyOf(line) ?? refuse(variable, index + 1));
    if (first === undefined) throw new ConfigInvalid([{ variable, message: 'there is no key' }]);
    return new OwnCallKeys([first, ...others]);
  }

  /** The id of a call that is made now. */
  idFor(call: OwnCall, at: Date): string {
    return idOf(this.#keys[0], call, at.getTime().toString(16).padStart(12, '0'));
  }

  /** Whether a gateway made this id, and for this call. */
  made(id: string, call: OwnCall): boolean {
    if (!ID.test(id)) return false;
    const time = id.slice(0, 8) + id.slice(9, 13);
    return this.#keys.some((key) => isSame(idOf(key, call, time), id));
  }
}

function idOf(key: Buffer, { connection, method, target }: OwnCall, time: string): string {
  // None of the parts holds a line break: the target is one of a request line.
  const said = [time, connection, method, target].join('\n');
  const mac = createHmac('sha256', key).update(said).digest('hex');
  const variant = ((Number.parseInt(mac.slice(3, 4), 16) & 0x3) | 0x8).toString(16);
  return [
    time.slice(0, 8),
    time.slice(8),
    `8${mac.slice(0, 3)}`,
    `${variant}${mac.slice(4, 7)}`,
    mac.slice(7, 19),
  ].join('-');
}

const isSame = (one: string, other: string): boolean =>
  timingSafeEqual(Buffer.from(one), Buffer.from(other));

function keyOf(line: string): Buffer | undefined {
  const key = Buffer.from(line, 'base64');
  const isBase64 = key.toString('base64').replace(/=+$/, '') === line.replace(/=+$/, '');
  return isBase64 && key.length >= MIN_KEY_BYTES ? key : undefined;
}

function refuse(variable: string, line: number): never {
  const message = `line ${line} is no key: expected ${MIN_KEY_BYTES} bytes or more in base64`;
  throw new ConfigInvalid([{ variable, message }]);
}
