import { PassThrough, Readable, type Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { UnsearchedReason } from '@drawbridge/contracts';
import { ObjectStoreError, type ObjectStore } from '@drawbridge/object-store';
import type { BodyColumns } from '../domain/body-row.js';
import { SoughtText, waysToWrite, type Found } from '../domain/sought-text.js';

/** So much of one body is searched, also of what it is when it is not compressed. */
export const MAX_SEARCHED_BYTES = 67_108_864;

export type SearchableBody = Pick<
  BodyColumns,
  'content' | 'encoding' | 'content_encoding' | 'objects'
>;
export type BodyObjects = Pick<ObjectStore, 'get'>;

export interface SearchBodyOptions {
  /** Where long bodies are; absent: nowhere. */
  readonly objects: BodyObjects | undefined;
  /** Whether the store of objects has taken longer than anybody waits for. */
  readonly isLate: () => boolean;
}

/** What was found, and why not all of it was searched. */
export interface SearchedBody {
  readonly found?: Found;
  readonly unsearched?: UnsearchedReason;
  /** That were read, compressed or not. */
  readonly bytes: number;
}

/**
 * Looks for a text in a body, wherever it is kept, piece by piece. Pieces are hashed again on their way; what was found
 * before one that is missing is found all the same.
 */
export async function searchBody(
  body: SearchableBody,
  text: string,
  options: SearchBodyOptions,
): Promise<SearchedBody> {
  const sought = new SoughtText(waysToWrite(text));
  const read = new Reading();
  const decoder = decoders[body.content_encoding.toLowerCase()];
  if (decoder === undefined) return { bytes: 0, unsearched: 'encoding_unknown' };
  // What is no text is searched for the text that stands in it, as in protobuf.
  const words = new TextDecoder('utf-8');
  let unsearched: UnsearchedReason | undefined;
  try {
    await pipeline(
      Readable.from(read.taken(storedPieces(body, options))),
      decoder(),
      async (bytes: AsyncIterable<Uint8Array>) => {
        let length = 0;
        for await (const piece of bytes) {
          length += piece.length;
          if (length > MAX_SEARCHED_BYTES) throw new TooLong();
          sought.add(words.decode(piece, { stream: true }));
        }
      },
    );
  } catch (error) {
    unsearched = reasonOf(error);
  }
  if (read.failure !== undefined) unsearched = reasonOf(read.failure);
  const found = sought.finish();
  return {
    ...(found !== undefined && { found }),
    ...(unsearched !== undefined && { unsearched }),
    bytes: read.bytes,
  };
}

class TooLong extends Error {}

class Reading {
  bytes = 0;
  failure: unknown;

  /** Ends where a piece cannot be had: an error would throw away what is on its way through the decoder. */
  async *taken(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    try {
      for await (const piece of pieces) {
        this.bytes += piece.length;
        yield piece;
      }
    } catch (error) {
      this.failure = error;
    }
  }
}

/** What ends early is searched as far as it goes. */
const zlib = { finishFlush: constants.Z_SYNC_FLUSH };
const brotli = { finishFlush: constants.BROTLI_OPERATION_FLUSH };

const decoders: Readonly<Partial<Record<string, () => Duplex>>> = {
  '': () => new PassThrough(),
  identity: () => new PassThrough(),
  gzip: () => createGunzip(zlib),
  'x-gzip': () => createGunzip(zlib),
  deflate: () => createInflate(zlib),
  br: () => createBrotliDecompress(brotli),
};

async function* storedPieces(
  { content, encoding, objects }: SearchableBody,
  { objects: store, isLate }: SearchBodyOptions,
): AsyncGenerator<Buffer> {
  if (objects.length === 0) yield Buffer.from(content, encoding === 'base64' ? 'base64' : 'utf8');
  for (const { sha256 } of objects) {
    if (store === undefined) {
      throw new ObjectStoreError('object_store_unavailable', 'audit has no object store of bodies');
    }
    if (isLate()) {
      throw new ObjectStoreError('object_store_unavailable', 'the object store is too slow');
    }
    yield await store.get(sha256);
  }
}

function reasonOf(error: unknown): UnsearchedReason {
  if (error instanceof TooLong) return 'too_long';
  if (error instanceof ObjectStoreError) {
    return error.code === 'object_store_invalid' ? 'object_store_unavailable' : error.code;
  }
  // Of zlib: Z_DATA_ERROR, Z_BUF_ERROR when it ends early; of Brotli ERR__ERROR_FORMAT_….
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (/^(Z_|ERR_)/.test(code)) return 'encoding_unknown';
  throw error;
}
