import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type * as Sdk from '@aws-sdk/client-s3';
import type { SinkTargetOf } from '@drawbridge/contracts';
import { exportLines, exportObjectName } from '../domain/export-object.js';
import { fileText, secretFile } from './secret-file.js';
import { SinkFailed, type ExportBatch, type Sink } from './sink.js';

const zip = promisify(gzip);
/** How long keys from files are used until they are read again. */
const KEYS_MS = 60_000;

/** What is used of the SDK, which is loaded when it is first needed. */
interface Opened {
  readonly sdk: typeof Sdk;
  readonly client: Sdk.S3Client;
}

/**
 * A bucket: an object of gzipped lines for each batch. Its name is a function of the batch, and a batch that comes again
 * is the same, so that writing it again changes nothing.
 */
export class S3Sink implements Sink {
  readonly limits;
  readonly namesBatches = true;
  #opened: Promise<Opened> | undefined;

  constructor(private readonly target: SinkTargetOf<'s3'>) {
    const lingerMs = target.intervalSeconds * 1_000;
    this.limits = { maxRecords: 20_000, maxBytes: 4_194_304, lingerMs };
  }

  async deliver(batch: ExportBatch): Promise<void> {
    const { bucket, prefix } = this.target;
    const Body = await zip(exportLines(batch.records));
    try {
      this.#opened ??= open(this.target);
      const { sdk, client } = await this.#opened;
      await client.send(
        new sdk.PutObjectCommand({
          Bucket: bucket,
          Key: `${prefix}${exportObjectName(batch)}`,
          Body,
          ContentLength: Body.length,
          ContentType: 'application/gzip',
        }),
      );
    } catch (error) {
      this.close();
      if (error instanceof SinkFailed) throw error;
      throw new SinkFailed('sink_unavailable', `the bucket cannot be written (${nameOf(error)})`);
    }
  }

  close(): void {
    const opened = this.#opened;
    this.#opened = undefined;
    opened?.then(
      ({ client }) => client.destroy(),
      () => undefined,
    );
  }
}

async function open(target: SinkTargetOf<'s3'>): Promise<Opened> {
  const { endpoint, region, certificateAuthorityFile: ca } = target;
  const { accessKeyIdFile: id, secretAccessKeyFile: secret } = target;
  const sdk = await import('@aws-sdk/client-s3');
  const client = new sdk.S3Client({
    region,
    maxAttempts: 2,
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    ...(id !== undefined && secret !== undefined && { credentials: () => keysIn(id, secret) }),
    requestHandler: {
      connectionTimeout: 5_000,
      requestTimeout: 30_000,
      throwOnRequestTimeout: true,
      ...(ca !== undefined && { httpsAgent: { ca: await fileText(ca) } }),
    },
  });
  return { sdk, client };
}

const keysIn = async (id: string, secret: string) => ({
  accessKeyId: await secretFile(id),
  secretAccessKey: await secretFile(secret),
  expiration: new Date(Date.now() + KEYS_MS),
});

/** The error of the SDK holds the whole answer, and its message may quote the signed request. */
const nameOf = (error: unknown): string =>
  (error instanceof Error ? error.name : 'unknown').replaceAll(/[^\w.-]/g, '').slice(0, 64);
