import { Readable } from 'node:stream';
import { CallRefused } from '../domain/call-refused.js';

/** As the apiserver: larger objects do not exist. */
export const MAX_BODY_BYTES = 3 * 1024 * 1024;

export const bodyTooLarge = () =>
  new CallRefused('body_too_large', `expected a body of at most ${MAX_BODY_BYTES} bytes`);

/**
 * The body of a request as it arrives, never held whole: it is read as fast as it is sent on. Fails with
 * `body_too_large` in the middle, when its length was not announced.
 *
 * @param onChunk - told the size of every chunk
 */
export function requestBody(body: Readable, onChunk: (bytes: number) => void): Readable {
  return Readable.from(limited(body, onChunk), { objectMode: false });
}

async function* limited(
  body: Readable,
  onChunk: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let total = 0;
  // The socket carries our answer too, so it must outlive a body that is not read to its end.
  for await (const chunk of body.iterator({ destroyOnReturn: false })) {
    const bytes: unknown = chunk;
    if (!(bytes instanceof Uint8Array)) throw new TypeError('a request body must be read as bytes');
    total += bytes.length;
    if (total > MAX_BODY_BYTES) throw bodyTooLarge();
    onChunk(bytes.length);
    yield bytes;
  }
}
