import { createServer, type Server } from 'node:net';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCertificateAuthority, startEmbeddedNats } from '@drawbridge/embedded';
import { nativeTool, startNats, type TestNats } from '@drawbridge/testing';
import { DiscardPolicy, RetentionPolicy, StorageType } from '@nats-io/jetstream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  connectJetStream,
  declareStreams,
  requireStreams,
  type JetStreamConnection,
} from '../src/index.js';
import { provision } from '../src/provision.js';

const names = [
  'ACCESS',
  'AUDIT',
  'CHECKPOINTS',
  'COMMANDS',
  'HOLDS',
  'KV_drawbridge_activity',
  'KV_drawbridge_exports',
  'KV_drawbridge_members',
  'KV_drawbridge_open_requests',
  'KV_drawbridge_rates',
  'KV_drawbridge_slack_cards',
  'KV_drawbridge_slack_taken',
  'KV_drawbridge_trust',
  'PARKED',
  'STOPS',
  'USES',
];
const close: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of close.splice(0).reverse()) await end();
});

describe('declaring streams', () => {
  let nats: TestNats;
  let connection: JetStreamConnection;
  const streams = () => connection.manager.streams;
  const found = async () => {
    const all: string[] = [];
    for await (const { config } of streams().list()) all.push(config.name);
    return all.toSorted();
  };

  beforeEach(async () => {
    nats = await startNats();
    connection = await connectJetStream({ servers: nats.servers, name: 'provision' });
    close.push(
      () => nats.stop(),
      () => connection.close(),
    );
  });

  it('makes every one, and none twice', async () => {
    await declareStreams(connection, { replicas: 1 });
    const before = await streams().info('ACCESS');
    await declareStreams(connection, { replicas: 1 });
    expect(await found()).toStrictEqual(names);
    expect((await streams().info('ACCESS')).created).toBe(before.created);
  });

  it('makes ACCESS immutable, on disk, without any limit', async () => {
    await declareStreams(connection, { replicas: 1 });
    expect((await streams().info('ACCESS')).config).toMatchObject({
      subjects: ['drawbridge.access.*'],
      storage: StorageType.File,
      retention: RetentionPolicy.Limits,
      discard: DiscardPolicy.New,
      deny_delete: true,
      deny_purge: true,
      allow_direct: true,
      max_age: 0,
      max_bytes: -1,
      max_msgs: -1,
      max_msgs_per_subject: -1,
    });
  });

  it('makes COMMANDS keep 30 days and refuse when full', async () => {
    await declareStreams(connection, { replicas: 1, commandsMaxBytes: 1_000_000 });
    expect((await streams().info('COMMANDS')).config).toMatchObject({
      subjects: ['drawbridge.commands.*.*'],
      max_age: 30 * 86_400 * 1_000_000_000,
      max_bytes: 1_000_000,
      discard: DiscardPolicy.New,
      deny_delete: true,
      deny_purge: true,
    });
  });

  it('by several provisioners at once is as by one', async () => {
    await Promise.all(Array.from({ length: 5 }, () => declareStreams(connection, { replicas: 1 })));
    expect(await found()).toStrictEqual(names);
  });

  it.each([
    ['a limit', { max_msgs: 5 }, 'max_msgs is 5, not -1'],
    ['old messages dropped', { discard: DiscardPolicy.Old }, 'discard is "old", not "new"'],
    ['messages that may be deleted', { deny_delete: false }, 'deny_delete is false, not true'],
    ['messages that may be purged', { deny_purge: false }, 'deny_purge is false, not true'],
    ['memory storage', { storage: StorageType.Memory }, 'storage is "memory", not "file"'],
    ['rollup headers', { deny_purge: false, allow_rollup_hdrs: true }, 'allow_rollup_hdrs is true'],
    ['other subjects', { subjects: ['drawbridge.access.>'] }, 'subjects is'],
  ])('refuses a stream that exists with %s, and leaves it', async (_what, change, text) => {
    await streams().add({
      name: 'ACCESS',
      subjects: ['drawbridge.access.*'],
      discard: DiscardPolicy.New,
      deny_delete: true,
      deny_purge: true,
      allow_direct: true,
      ...change,
    });
    const before = (await streams().info('ACCESS')).config;
    const attempt = declareStreams(connection, { replicas: 1 });
    await expect(attempt).rejects.toMatchObject({ code: 'stream_mismatch' });
    await expect(attempt).rejects.toThrow(text);
    expect((await streams().info('ACCESS')).config).toStrictEqual(before);
  });

  it('is asked for by a service that starts without them, with what to do', async () => {
    await expect(requireStreams(connection)).rejects.toMatchObject({ code: 'streams_missing' });
    await expect(requireStreams(connection)).rejects.toThrow('run drawbridge-provision');
    await declareStreams(connection, { replicas: 1 });
    await requireStreams(connection);
  });
});

describe('drawbridge-provision', () => {
  it('connects with the password of the file and declares everything', async () => {
    const access = { user: 'provision', password: 'not "simple" $1' };
    const nats = await startNats({ access });
    close.push(() => nats.stop());
    const directory = await mkdtemp(join(tmpdir(), 'drawbridge-provision-'));
    const file = join(directory, 'password');
    await writeFile(file, `${access.password}\n`);
    const env = { NATS_URL: nats.servers, NATS_USER: 'provision', NATS_PASSWORD_FILE: file };
    await provision(env);
    const connection = await connectJetStream({ servers: nats.servers, name: 'test', ...access });
    close.push(() => connection.close());
    await requireStreams(connection);
  });

  it('names every bad setting and no value', async () => {
    const env = { NATS_URL: 'secret', STREAM_REPLICAS: '2', COMMANDS_MAX_BYTES: '-1' };
    const error: unknown = await provision(env).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'config_invalid' });
    for (const variable of Object.keys(env)) expect(String(error)).toContain(variable);
    expect(String(error)).not.toContain('secret');
  });
});

/** A server that greets as NATS does. */
function pretend(info: object): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.write(`INFO ${JSON.stringify({ server_id: 'X', max_payload: 1_048_576, ...info })}\r\n`);
    socket.on('data', (chunk) => {
      for (const line of chunk.toString().split('\r\n'))
        if (line === 'PING') socket.write('PONG\r\n');
    });
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      resolve({ server, url: `nats://127.0.0.1:${port}` });
    });
  });
}

describe('connecting', () => {
  it('by TLS believes the given certificate authority, and no other', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'drawbridge-tls-'));
    const write = async (name: string, text: string): Promise<string> => {
      await writeFile(join(directory, name), text);
      return join(directory, name);
    };
    const authority = await createCertificateAuthority('test');
    const { certificate, key } = await authority.issueServer(['localhost']);
    const certFile = await write('server.pem', certificate);
    const keyFile = await write('server.key', key);
    const caFile = await write('ca.pem', authority.certificate);
    const other = await createCertificateAuthority('other');
    const otherFile = await write('other.pem', other.certificate);
    const server = await startEmbeddedNats({
      executable: await nativeTool('nats-server'),
      storeDirectory: join(directory, 'store'),
      sync: 'periodic',
      more: `tls { cert_file: "${certFile}", key_file: "${keyFile}" }`,
    });
    close.push(() => server.stop());
    const servers = server.url.replace('nats://127.0.0.1', 'tls://localhost');
    const connection = await connectJetStream({ servers, name: 'test', tls: { caFile } });
    await connection.close();
    for (const tls of [{ caFile: otherFile }, undefined]) {
      const attempt = connectJetStream({
        servers,
        name: 'test',
        connectTimeoutMs: 500,
        ...(tls === undefined ? {} : { tls }),
      });
      await expect(attempt).rejects.toMatchObject({ code: 'nats_unreachable' });
    }
  });

  it.each([
    ['2.10.29', 'version 2.10.29, Drawbridge needs 2.11.0'],
    ['1.4.1', 'version 1.4.1'],
  ])('refuses the server version %s', async (version, text) => {
    const { server, url } = await pretend({ version, proto: 1, headers: true, jetstream: true });
    close.push(() => new Promise((resolve) => server.close(resolve)));
    const attempt = connectJetStream({ servers: url, name: 'test' });
    await expect(attempt).rejects.toMatchObject({ code: 'nats_too_old' });
    await expect(attempt).rejects.toThrow(text);
  });

  it('refuses a server without JetStream', async () => {
    const info = { version: '2.12.0', proto: 1, headers: true, jetstream: false };
    const { server, url } = await pretend(info);
    close.push(() => new Promise((resolve) => server.close(resolve)));
    const attempt = connectJetStream({ servers: url, name: 'test' });
    await expect(attempt).rejects.toMatchObject({ code: 'jetstream_disabled' });
  });

  it('gives up when nobody answers in time, without telling the password of the address', async () => {
    const attempt = connectJetStream({
      servers: 'nats://me:hunter2@127.0.0.1:1',
      name: 'test',
      connectTimeoutMs: 600,
    });
    await expect(attempt).rejects.toMatchObject({ code: 'nats_unreachable' });
    await attempt.catch((error: unknown) => expect(String(error)).not.toContain('hunter2'));
  });

  it('waits for a server that starts a little later', async () => {
    const nats = await startNats();
    close.push(() => nats.stop());
    await nats.kill();
    const connecting = connectJetStream({ servers: nats.servers, name: 'early' });
    await nats.restart();
    const connection = await connecting;
    expect(connection.connected).toBe(true);
    await connection.close();
    expect(connection).toMatchObject({ connected: false, closed: true });
    expect(await connection.whenConnected(60_000)).toBe(false);
  });
});
