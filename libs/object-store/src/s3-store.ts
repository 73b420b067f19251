import { Readable } from 'node:stream';
import type * as Sdk from '@aws-sdk/client-s3';
import { objectKey, requireHash } from './object-key.js';
import { ObjectStoreError } from './object-store-error.js';
import { MAX_OBJECT_BYTES, type ObjectStore } from './object-store.js';
import type { S3Place } from './store-place.js';

/** Short: a call may be waiting. */
const requestHandler = {
  connectionTimeout: 2_000,
  requestTimeout: 10_000,
  throwOnRequestTimeout: true,
};
const MAX_ATTEMPTS = 2;
/** The request handler waits for the head of an answer only. */
const READ_MS = 10_000;

/** The SDK is loaded when it is first needed. */
interface Opened {
  readonly sdk: typeof Sdk;
  readonly client: Sdk.S3Client;
}

/** Objects of a bucket, by the S3 API. The identity is the ambient one, as AWS's default chain finds it. */
export class S3Store implements ObjectStore {
  #opened: Promise<Opened> | undefined;
  #closed = false;

  /** @param readMs - how long the body of an object may take */
  constructor(
    private readonly place: S3Place,
    private readonly readMs = READ_MS,
  ) {}

  async put(sha256: string, bytes: Uint8Array): Promise<void> {
    const Key = this.#keyOf(sha256);
    await this.#run(({ sdk, client }) =>
      client.send(
        new sdk.PutObjectCommand({
          ...{ Bucket: this.place.bucket, Key, Body: bytes, ContentLength: bytes.length },
          ContentType: 'application/octet-stream',
          ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64'),
        }),
      ),
    );
  }

  async get(sha256: string): Promise<Buffer> {
    const Key = this.#keyOf(sha256);
    const bytes = await this.#run(async ({ sdk, client }) => {
      const answer = await client.send(
        new sdk.GetObjectCommand({ Bucket: this.place.bucket, Key }),
      );
      if (!(answer.Body instanceof Readable)) throw new TypeError('Node.js answers with streams');
      return wholeOf(answer.Body, { sha256, withinMs: this.readMs });
    }, sha256);
    requireHash(sha256, bytes);
    return bytes;
  }

  async sweep(before: Date): Promise<number> {
    return this.#run(async (opened) => {
      let swept = 0;
      let token: string | undefined;
      do {
        const { sdk, client } = opened;
        const page = await client.send(
          new sdk.ListObjectsV2Command({
            Bucket: this.place.bucket,
            Prefix: `${this.place.prefix}sha256/`,
            ...(token !== undefined && { ContinuationToken: token }),
          }),
        );
        const old = (page.Contents ?? []).flatMap(({ Key, LastModified }) =>
          Key !== undefined && LastModified !== undefined && LastModified < before ? [Key] : [],
        );
        swept += await this.#delete(opened, old);
        token = page.NextContinuationToken;
      } while (token !== undefined);
      return swept;
    });
  }

  close(): void {
    this.#closed = true;
    void this.#opened?.then(({ client }) => client.destroy());
  }

  /** One by one, since not every server that speaks S3 knows how to delete many. */
  async #delete({ sdk, client }: Opened, keys: readonly string[]): Promise<number> {
    for (const Key of keys) {
      await client.send(new sdk.DeleteObjectCommand({ Bucket: this.place.bucket, Key }));
    }
    return keys.length;
  }

  #keyOf(sha256: string): string {
    return `${this.place.prefix}${objectKey(sha256)}`;
  }

  /** @param sha256 - of the object that may be missing */
  async #run<Value>(ask: (opened: Opened) => Promise<Value>, sha256?: string): Promise<Value> {
    try {
      return await ask(await this.#open());
    } catch (error) {
      if (error instanceof ObjectStoreError) throw error;
      const name = error instanceof Error ? error.name : 'unknown';
      if (sha256 !== undefined && (name === 'NoSuchKey' || name === 'NotFound')) {
        throw new ObjectStoreError('object_missing', `object ${sha256} is not there`);
      }
      // The SDK's own error holds the whole answer, and its message may quote the signed request.
      throw new ObjectStoreError(
        'object_store_unavailable',
        `the bucket cannot be used (${name.replaceAll(/[^\w.-]/g, '').slice(0, 64)})`,
      );
    }
  }

  #open(): Promise<Opened> {
    if (this.#closed) return Promise.reject(new TypeError('the store is closed'));
    this.#opened ??= openClient(this.place);
    return this.#opened;
  }
}

async function openClient({ endpoint, region, pathStyle }: S3Place): Promise<Opened> {
  const sdk = await import('@aws-sdk/client-s3');
  const client = new sdk.S3Client({
    maxAttempts: MAX_ATTEMPTS,
    requestHandler,
    forcePathStyle: pathStyle,
    // A hash goes with every object, and is taken again when it is read.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
  });
  return { sdk, client };
}

/** A server may say no length, or another one; and begin an answer that it never ends. */
async function wholeOf(
  body: Readable,
  { sha256, withinMs }: { readonly sha256: string; readonly withinMs: number },
): Promise<Buffer> {
  const timer = setTimeout(() => body.destroy(new Error('too slow')), withinMs);
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of body as AsyncIterable<Buffer>) {
      length += piece.length;
      if (length > MAX_OBJECT_BYTES) throw tooLong(sha256);
      pieces.push(piece);
    }
  } finally {
    clearTimeout(timer);
  }
  return Buffer.concat(pieces);
}

const tooLong = (sha256: string) =>
  new ObjectStoreError('object_damaged', `object ${sha256} is longer than any that is put`);
