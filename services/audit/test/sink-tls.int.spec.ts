import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCertificateAuthority, startDemoS3, type DemoS3 } from '@drawbridge/embedded';
import { createLogger } from '@drawbridge/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeSink } from '../src/sinks/make-sink.js';
import type { ExportBatch } from '../src/sinks/sink.js';
import { linesOf, objectsIn } from './bucket-reader.js';
import { startOtlpReceiver, type OtlpReceiver } from './otlp-receiver.js';
import { exported } from './sample-exports.js';
import { commandIdAt, refused } from './sample-records.js';
import { startTlsFront, type TlsFront } from './tls-front.js';

let directory: string;
let otlp: OtlpReceiver;
let s3: DemoS3;
let fronts: { readonly otlp: TlsFront; readonly s3: TlsFront };
const file = (name: string) => join(directory, name);
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-tls-'));
  [otlp, s3] = await Promise.all([startOtlpReceiver(), startDemoS3()]);
  const ours = await createCertificateAuthority('ours');
  const theirs = await createCertificateAuthority('theirs');
  await writeFile(file('ours.pem'), ours.certificate);
  await writeFile(file('theirs.pem'), theirs.certificate);
  await writeFile(file('id'), 'demo');
  await writeFile(file('secret'), 'canary-secret-access-key');
  const certificate = await ours.issueServer(['localhost']);
  fronts = {
    otlp: await startTlsFront(certificate, new URL(otlp.url).origin),
    s3: await startTlsFront(certificate, s3.endpoint),
  };
});
afterAll(async () => {
  await Promise.all([fronts.otlp.close(), fronts.s3.close(), otlp.close(), s3.close()]);
  await rm(directory, { recursive: true });
});

const surroundings = {
  clock: () => new Date('2026-01-05T09:00:01Z'),
  logger: createLogger('audit', { level: 'fatal' }),
};
const batch = (): ExportBatch => ({
  ...{ stream: 'COMMANDS', first: 7, last: 7, firstStoredAt: new Date('2026-01-05T09:00:00Z') },
  records: [exported(refused(commandIdAt('2026-01-05T09:00:00Z')))],
});
const otlpSink = (authority: string | undefined) =>
  makeSink(
    {
      ...{ type: 'otlp', url: `${fronts.otlp.origin}/v1/logs`, headers: [], compression: 'gzip' },
      allowInsecureHttp: false,
      ...(authority !== undefined && { certificateAuthorityFile: file(authority) }),
    },
    surroundings,
  );
const s3Sink = (authority: string | undefined, bucket = s3.bucket) =>
  makeSink(
    {
      ...{ type: 's3', bucket, prefix: 'tls/', region: 'eu-central-1', intervalSeconds: 60 },
      ...{ endpoint: fronts.s3.origin, allowInsecureHttp: false },
      ...{ accessKeyIdFile: file('id'), secretAccessKeyFile: file('secret') },
      ...(authority !== undefined && { certificateAuthorityFile: file(authority) }),
    },
    surroundings,
  );
const objects = async () => (await objectsIn(s3)).filter((key) => key.startsWith('tls/'));

describe.each(['theirs.pem', undefined])(
  'a certificate that %s does not vouch for',
  (authority) => {
    it('is that of no collector', async () => {
      await expect(otlpSink(authority).deliver(batch())).rejects.toMatchObject({
        code: 'sink_unavailable',
      });
      expect(otlp.logs).toEqual([]);
    });

    it('is that of no bucket', async () => {
      await expect(s3Sink(authority).deliver(batch())).rejects.toMatchObject({
        code: 'sink_unavailable',
      });
      expect(await objects()).toEqual([]);
    });
  },
);

describe('a certificate of the authority that is named', () => {
  it('is good for a collector', async () => {
    await otlpSink('ours.pem').deliver(batch());
    expect(otlp.logs).toHaveLength(1);
  });

  it('is good for a bucket, where the same batch is written over itself', async () => {
    const same = batch();
    const sink = s3Sink('ours.pem');
    await sink.deliver(same);
    await sink.deliver(same);
    const keys = await objects();
    expect(keys).toEqual(['tls/COMMANDS/2026/01/05/0000000000000007-0000000000000007.ndjson.gz']);
    expect(await linesOf(s3, keys[0] ?? '')).toMatchObject([{ sequence: 7, line: 0 }]);
  });
});

describe('what is told of a failure', () => {
  it('is no key and nothing of what was signed', async () => {
    const error: unknown = await s3Sink('ours.pem', 'no-such-bucket')
      .deliver(batch())
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      ...{ code: 'sink_unavailable', message: 'the bucket cannot be written (NoSuchBucket)' },
    });
    expect((error as Error).cause).toBeUndefined();
  });

  it.each([
    ['missing', 'nope'],
    ['empty', 'empty'],
    ['of two lines', 'lines'],
  ])('is that a file is %s, and not what stands in it', async (_, name) => {
    await writeFile(file('empty'), '');
    await writeFile(file('lines'), 'canary\nX-Other: canary');
    const sink = makeSink(
      {
        ...{ type: 'otlp', url: otlp.url, allowInsecureHttp: true, compression: 'none' },
        headers: [{ name: 'authorization', valueFile: file(name) }],
      },
      surroundings,
    );
    const error: unknown = await sink.deliver(batch()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'sink_file_unusable' });
    expect((error as Error).message).not.toContain('canary');
  });
});
