import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { createCertificateAuthority, startDemoS3, type DemoS3 } from '@drawbridge/embedded';
import { createLogger } from '@drawbridge/runtime';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeSink } from '../src/sinks/make-sink.js';
import { retryAfterOf, type ExportBatch } from '../src/sinks/sink.js';
import { linesOf, objectsIn } from './bucket-reader.js';
import { startOtlpReceiver, type OtlpReceiver } from './otlp-receiver.js';
import { exported } from './sample-exports.js';
import { commandIdAt, refused } from './sample-records.js';
import { startSyslogReceiver } from './syslog-receiver.js';
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

describe('a collector that asks for a certificate', () => {
  let front: TlsFront;
  beforeAll(async () => {
    const [ours, strangers] = await Promise.all([
      createCertificateAuthority('collector'),
      createCertificateAuthority('strangers'),
    ]);
    const certificate = await ours.issueServer(['localhost']);
    front = await startTlsFront(certificate, new URL(otlp.url).origin, {
      ...{ ca: ours.certificate, requestCert: true, rejectUnauthorized: true },
    });
    await writeFile(file('collector.pem'), ours.certificate);
    for (const [name, authority] of [
      ['audit', ours],
      ['stranger', strangers],
    ] as const) {
      const client = await authority.issueClient('audit', []);
      await writeFile(file(`${name}.pem`), client.certificate);
      await writeFile(file(`${name}.key`), client.key);
    }
    await writeFile(file('canary.key'), 'canary, and no key');
  });
  afterAll(() => front.close());

  const shown = (names: { readonly certificate: string; readonly key: string } | undefined) =>
    makeSink(
      {
        ...{ type: 'otlp', url: `${front.origin}/v1/logs`, headers: [], compression: 'gzip' },
        ...{ allowInsecureHttp: false, certificateAuthorityFile: file('collector.pem') },
        ...(names && {
          clientCertificateFile: file(names.certificate),
          clientKeyFile: file(names.key),
        }),
      },
      surroundings,
    );

  it('is told by who has one, and by one that was renewed meanwhile', async () => {
    const before = otlp.logs.length;
    const sink = shown({ certificate: 'renewed.pem', key: 'renewed.key' });
    const copy = async (name: string) => {
      await copyFile(file(`${name}.pem`), file('renewed.pem'));
      await copyFile(file(`${name}.key`), file('renewed.key'));
    };
    await copy('stranger');
    await expect(sink.deliver(batch())).rejects.toMatchObject({ code: 'sink_unavailable' });
    await copy('audit');
    await sink.deliver(batch());
    expect(otlp.logs).toHaveLength(before + 1);
  });

  it.each([
    ['nobody without one', undefined, 'sink_unavailable'],
    ['a stranger', { certificate: 'stranger.pem', key: 'stranger.key' }, 'sink_unavailable'],
    ['what is no key', { certificate: 'audit.pem', key: 'canary.key' }, 'sink_unavailable'],
    ['a file that is not there', { certificate: 'nope', key: 'audit.key' }, 'sink_file_unusable'],
  ])('is not told by %s', async (_, names, code) => {
    const before = otlp.logs.length;
    const error: unknown = await shown(names)
      .deliver(batch())
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code });
    expect(inspect(error, { depth: 10 })).not.toContain('canary, and');
    expect(otlp.logs).toHaveLength(before);
  });
});

describe('a collector that asks to be left alone', () => {
  afterAll(() => (otlp.answer = () => undefined));

  it.each([
    ['120', 120_000],
    ['Mon, 05 Jan 2026 09:01:01 GMT', 60_000],
    ['Mon, 05 Jan 2026 08:00:00 GMT', undefined],
    ['soon', undefined],
    ['-5', undefined],
  ])('with Retry-After: %s is believed', async (retryAfter, retryAfterMs) => {
    otlp.answer = () => ({ status: 429, headers: { 'retry-after': retryAfter } });
    const error: unknown = await makeSink(
      {
        ...{ type: 'otlp', url: otlp.url, headers: [], compression: 'none' },
        allowInsecureHttp: true,
      },
      surroundings,
    )
      .deliver(batch())
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'sink_unavailable' });
    expect(retryAfterOf(error)).toBe(retryAfterMs ?? 0);
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

describe('a receiver of syslog that is not asked to confirm', () => {
  const to = (port: number) =>
    makeSink(
      {
        ...{ type: 'syslog', host: '127.0.0.1', port, transport: 'tcp', facility: 13 },
        confirmation: 'none',
      },
      surroundings,
    );

  it('has taken what was sent', async () => {
    const receiver = await startSyslogReceiver();
    await to(receiver.port).deliver(batch());
    await eventually(() => expect(receiver.messages).toHaveLength(1));
    await receiver.close();
  });

  it('has taken nothing when there is none, or it resets the connection', async () => {
    const receiver = await startSyslogReceiver();
    receiver.instead = (socket) => socket.resetAndDestroy();
    const large = {
      ...batch(),
      records: Array.from({ length: 20_000 }, () =>
        exported(refused(commandIdAt('2026-01-05T09:00:00Z'))),
      ),
    };
    await expect(to(receiver.port).deliver(large)).rejects.toMatchObject({
      code: 'sink_unavailable',
    });
    await receiver.close();
    await expect(to(receiver.port).deliver(batch())).rejects.toMatchObject({
      code: 'sink_unavailable',
    });
  });
});
