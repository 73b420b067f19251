import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startDemoS3, type DemoS3 } from '@drawbridge/embedded';
import { openObjectStore, type ObjectStore } from '../src/index.js';
import { S3Store } from '../src/s3-store.js';
import { hashOf, storeContract } from './store-contract.js';

let s3: DemoS3;
const opened: ObjectStore[] = [];
beforeAll(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'demo');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'demo-secret-access-key');
  s3 = await startDemoS3();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  for (const store of opened) store.close();
  await s3.close();
});

function open(prefix: string, { bucket, endpoint } = s3): ObjectStore {
  const store = openObjectStore(
    `s3://${bucket}/${prefix}?endpoint=${endpoint}&region=eu-1&pathStyle=true`,
  );
  opened.push(store);
  return store;
}
const bytes = Buffer.from('masked body');
const sha256 = hashOf(bytes);
const urlOf = (prefix: string) =>
  `${s3.endpoint}/${s3.bucket}/${prefix}/sha256/${sha256.slice(0, 2)}/${sha256.slice(2)}`;

describe('objects in a bucket', () => {
  storeContract(() => open(randomUUID()));

  it('stand below the prefix', async () => {
    await open('team/a').put(sha256, bytes);
    const answer = await fetch(urlOf('team/a'));
    expect(await answer.text()).toBe('masked body');
  });

  it('are not given out when they were changed', async () => {
    const store = open('changed');
    await store.put(sha256, bytes);
    await fetch(urlOf('changed'), { method: 'PUT', body: 'another body' });
    await expect(store.get(sha256)).rejects.toMatchObject({ code: 'object_damaged' });
  });

  it('of more than a page are swept, those of others stay', async () => {
    const store = open('many');
    const others = open('others');
    await others.put(sha256, bytes);
    const all = Array.from({ length: 1_050 }, (_, index) => Buffer.from(`object ${index}`));
    for (let from = 0; from < all.length; from += 50) {
      await Promise.all(all.slice(from, from + 50).map((each) => store.put(hashOf(each), each)));
    }
    expect(await store.sweep(new Date(Date.now() + 60_000))).toBe(1_050);
    expect(await others.get(sha256)).toStrictEqual(bytes);
  });

  it('of a bucket that is not there are unavailable, and nothing of the answer is told', async () => {
    const store = open('x', { ...s3, bucket: 'no-such-bucket' });
    await expect(store.put(sha256, bytes)).rejects.toMatchObject({
      code: 'object_store_unavailable',
      message: 'the bucket cannot be used (NoSuchBucket)',
    });
    await expect(store.get(sha256)).rejects.toMatchObject({ code: 'object_store_unavailable' });
  });

  it('of a server that is away are unavailable', async () => {
    const store = open('x', { ...s3, endpoint: 'http://127.0.0.1:9' });
    await expect(store.put(sha256, bytes)).rejects.toMatchObject({
      code: 'object_store_unavailable',
    });
  });

  it.each([
    ['more than is ever put', 'object_damaged', Buffer.alloc(65_536)],
    ['a beginning and nothing behind it', 'object_store_unavailable', undefined],
  ])('are not waited for, nor held, when the bucket sends %s', async (_, code, more) => {
    const server = createServer((request, response) => {
      response.write('masked');
      const pump = setInterval(() => more && response.write(more), 1);
      request.once('close', () => clearInterval(pump));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const place = { bucket: 'bodies', prefix: '', region: 'eu-1', pathStyle: true };
    const store = new S3Store({ ...place, endpoint: `http://127.0.0.1:${port}` }, 1_000);
    opened.push(store);
    try {
      await expect(store.get(sha256)).rejects.toMatchObject({ code });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
