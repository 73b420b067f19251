import { generateKeyPairSync } from 'node:crypto';
import type { Seal } from '@drawbridge/contracts';
import {
  checkStream,
  digestsOf,
  lineDigest,
  KeyRing,
  openKeyChain,
  openSeal,
  SealBuilder,
  signerOf,
  type PublicKey,
  type ReadMessage,
  type Signer,
} from '@drawbridge/integrity';
import {
  auditEventStore,
  connectJetStream,
  declareStreams,
  readRange,
  readSubject,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import { createLogger } from '@drawbridge/runtime';
import { eventually, startNats, type TestNats } from '@drawbridge/testing';
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from 'vitest';
import { Sealer, type SealerOptions } from '../src/integrity/sealer.js';
import { SealingAlarm } from '../src/integrity/sealing-alarm.js';

const name = 'drawbridge.test';
const newSigner = (): Signer =>
  signerOf(
    generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  );
const bound = { timeoutMs: 60_000 };

let nats: TestNats;
let connection: JetStreamConnection;
const sealers: Sealer[] = [];

beforeAll(async () => {
  nats = await startNats();
});
afterAll(() => nats.stop());
beforeEach(async () => {
  connection = await connectJetStream({ servers: nats.servers, name: 'test' });
  for (const { config } of await connection.manager.streams.list().next()) {
    await connection.manager.streams.delete(config.name);
  }
  await declareStreams(connection, { replicas: 1 });
});
afterEach(async () => {
  await Promise.all(sealers.splice(0).map((sealer) => sealer.close()));
  await connection.close();
});

function startSealer(signer: Signer, more: Partial<SealerOptions> & { previous?: Signer[] } = {}) {
  const { previous = [], ...options } = more;
  const sealer = new Sealer({
    connection,
    keys: { name, current: signer, previous },
    logger: createLogger('audit', { level: 'fatal' }),
    clock: () => new Date(),
    everyMs: 50,
    streams: ['ACCESS', 'COMMANDS'],
    ...options,
  });
  sealers.push(sealer);
  sealer.start();
  return sealer;
}

async function publish(stream: 'ACCESS' | 'COMMANDS', count: number): Promise<void> {
  const subject = stream === 'ACCESS' ? 'drawbridge.access.a' : 'drawbridge.commands._batch.a';
  const some = Array.from({ length: count }, (_, n) => n);
  while (some.length > 0) {
    await Promise.all(
      some.splice(0, 200).map((n) => connection.jetstream.publish(subject, `{"n":${n}}`)),
    );
  }
}

async function sealsOf(stream: string): Promise<Seal[]> {
  const subject = `drawbridge.checkpoints.${stream}`;
  const messages = await readSubject(connection, { stream: 'CHECKPOINTS', subject });
  return messages.map(({ data }) => JSON.parse(Buffer.from(data).toString()) as Seal);
}

async function* messagesOf(stream: string): AsyncGenerator<ReadMessage> {
  for (let from = 1; ;) {
    const some = await readRange(connection, { stream, from, maxMessages: 500 });
    if (some.length === 0) return;
    for (const { data, ...message } of some) yield { ...message, ...digestsOf(data) };
    from = (some.at(-1)?.sequence ?? 0) + 1;
  }
}

async function* each<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  for (const item of items) yield await Promise.resolve(item);
}

async function statements(): Promise<string[]> {
  const subject = 'drawbridge.checkpoints._keys';
  const messages = await readSubject(connection, { stream: 'CHECKPOINTS', subject });
  return messages.map(
    ({ data }) => (JSON.parse(Buffer.from(data).toString()) as { note: string }).note,
  );
}

/** What anybody finds who has the first public key and nothing else. */
async function verified(stream: string, firstKey: PublicKey) {
  const report = await checkStream({
    stream,
    origin: `${name}/${stream}`,
    ring: new KeyRing(openKeyChain(await statements(), firstKey)),
    seals: each(await sealsOf(stream)),
    messages: messagesOf(stream),
  });
  const { verified: count, unsealed, findings } = report;
  return { count, unsealed, findings };
}
const whole = (count: number) => ({ count, unsealed: 0, findings: [] });
const sealed = (stream: string, key: Signer, count: number) =>
  eventually(
    async () => expect(await verified(stream, key.publicKey)).toEqual(whole(count)),
    bound,
  );

/** What was told on the stream AUDIT, in order. */
async function told() {
  const messages = await readSubject(connection, {
    stream: 'AUDIT',
    subject: 'drawbridge.audit-events.*',
  });
  return messages.map(({ data }) => {
    const { type, data: about } = JSON.parse(Buffer.from(data).toString()) as {
      type: string;
      data: { stream: string; code?: string };
    };
    return about.code === undefined ? [type, about.stream] : [type, about.stream, about.code];
  });
}

const stoppedFor = (stream: string): unknown => ['SealingStopped', stream, expect.any(String)];

/** One that says when it cannot seal. */
function startWatched(signer: Signer, more: Parameters<typeof startSealer>[1] = {}) {
  const { clock = () => new Date() } = more;
  const logger = createLogger('audit', { level: 'fatal' });
  const events = auditEventStore(connection, 'audit');
  const alarm = new SealingAlarm({ events, clock, logger, name });
  return startSealer(signer, { alarm, lateMs: 500, ...more });
}

describe('when the record is not sealed', () => {
  const stopped = (code: string) => ['SealingStopped', 'ACCESS', code];
  const resumed = ['SealingResumed', 'ACCESS'];

  it('because its key is not there, that is told once, by two replicas, and when it is over', async () => {
    const key = newSigner();
    const first = startWatched(key);
    await publish('ACCESS', 2);
    await sealed('ACCESS', key, 2);
    await first.close();
    const strangers = [startWatched(newSigner()), startWatched(newSigner())];
    await publish('ACCESS', 1);
    await eventually(async () => {
      expect(await told()).toEqual([stopped('signing_key_superseded')]);
    }, bound);
    startWatched(key);
    await sealed('ACCESS', key, 3);
    const both = [stopped('signing_key_superseded'), resumed];
    await eventually(async () => expect(await told()).toEqual(both), bound);
    await Promise.all(strangers.map((stranger) => stranger.close()));
    await publish('ACCESS', 1);
    await sealed('ACCESS', key, 4);
    expect(await told()).toEqual(both);
  });

  it('because nobody ran who seals, that is told when somebody does', async () => {
    const key = newSigner();
    const first = startWatched(key);
    await publish('ACCESS', 2);
    await sealed('ACCESS', key, 2);
    await first.close();
    await publish('ACCESS', 1);
    const [message] = await readRange(connection, { stream: 'ACCESS', from: 3, maxMessages: 1 });
    await eventually(() => {
      expect(Date.now() - (message?.storedAt ?? Infinity)).toBeGreaterThan(600);
    }, bound);
    startWatched(key);
    await eventually(async () => {
      expect(await told()).toEqual([stopped('seal_late'), resumed]);
    }, bound);
  });

  it('because checkpoints have no stream, that is told, and what was there before a key is not', async () => {
    const key = newSigner();
    await publish('ACCESS', 3);
    startWatched(key);
    await sealed('ACCESS', key, 3);
    expect(await told()).toEqual([]);
    const { config } = await connection.manager.streams.info('CHECKPOINTS');
    await connection.manager.streams.delete('CHECKPOINTS');
    await eventually(async () => {
      expect(await told()).toEqual([['SealingStopped', '', 'not_sealed']]);
    }, bound);
    await connection.manager.streams.add(config);
    await eventually(async () => {
      expect((await told()).map(([type]) => type)).toEqual(['SealingStopped', 'SealingResumed']);
    }, bound);
  });
});

describe('when the process that told of it is gone', () => {
  const ofAccess = async () => (await told()).filter(([, stream]) => stream === 'ACCESS');
  const types = async () => (await told()).map(([type]) => type);

  it('that it is over is told by another, that has seen nothing of it', async () => {
    const key = newSigner();
    await publish('ACCESS', 2);
    const first = startSealer(key);
    await sealed('ACCESS', key, 2);
    await first.close();
    const stranger = startWatched(newSigner());
    await publish('ACCESS', 1);
    await eventually(async () => expect(await ofAccess()).toEqual([stoppedFor('ACCESS')]), bound);
    await stranger.close();
    const quiet = startSealer(key);
    await sealed('ACCESS', key, 3);
    await quiet.close();
    startWatched(key);
    const both = [stoppedFor('ACCESS'), ['SealingResumed', 'ACCESS']];
    await eventually(async () => expect(await ofAccess()).toEqual(both), bound);
  });

  it('that it goes on is not told anew, an hour later neither', async () => {
    const key = newSigner();
    const { config } = await connection.manager.streams.info('CHECKPOINTS');
    await connection.manager.streams.delete('CHECKPOINTS');
    const first = startWatched(key);
    await eventually(async () => expect(await types()).toEqual(['SealingStopped']), bound);
    await first.close();
    const clock = () => new Date(Date.now() + 3_600_000);
    const later = startWatched(key, { clock, lateMs: 0 });
    // It has told by then whatever it tells before it finds out that it is over.
    await eventually(() => expect(later.failure).toBeDefined(), bound);
    await connection.manager.streams.add(config);
    await eventually(async () => expect((await types()).at(-1)).toBe('SealingResumed'), bound);
    expect(await types()).toEqual(['SealingStopped', 'SealingResumed']);
  });
});

describe('the sealer', () => {
  it('seals each stream, more than fit in one seal too, and goes on after a restart', async () => {
    const key = newSigner();
    await publish('ACCESS', 3);
    await publish('COMMANDS', 4_300);
    const first = startSealer(key);
    await sealed('COMMANDS', key, 4_300);
    await sealed('ACCESS', key, 3);
    expect((await sealsOf('COMMANDS')).length).toBeGreaterThan(1);
    await first.close();
    await publish('COMMANDS', 10);
    startSealer(key);
    await sealed('COMMANDS', key, 4_310);
    expect(first.figures().lastSealSeconds).toBeGreaterThanOrEqual(0);
  });

  it('makes one log from several replicas, one of which dies', async () => {
    const key = newSigner();
    const others = await Promise.all(
      ['b', 'c'].map((client) => connectJetStream({ servers: nats.servers, name: client })),
    );
    const replicas = [connection, ...others].map((own) => startSealer(key, { connection: own }));
    for (let n = 0; n < 20; n += 1) await publish('COMMANDS', 20);
    await sealed('COMMANDS', key, 400);
    for (const replica of replicas.slice(0, 2)) await replica.close();
    await publish('COMMANDS', 5);
    await sealed('COMMANDS', key, 405);
    await Promise.all(sealers.splice(0).map((sealer) => sealer.close()));
    for (const other of others) await other.close();
  });

  it('says which sequences a stream did not have', async () => {
    const key = newSigner();
    const { manager } = connection;
    // Only a server administrator can: the services may not.
    const { config } = await manager.streams.info('COMMANDS');
    await manager.streams.delete('COMMANDS');
    await manager.streams.add({ ...config, first_seq: 5, deny_delete: false });
    await publish('COMMANDS', 6);
    await manager.streams.deleteMessage('COMMANDS', 7);
    startSealer(key);
    await sealed('COMMANDS', key, 5);
    const [seal] = await sealsOf('COMMANDS');
    expect(seal?.note).toContain('\ngaps 1-4,7-7\n');
  });

  it('hands over to the next key, which the first one vouches for', async () => {
    const [first, second] = [newSigner(), newSigner()];
    const old = startSealer(first);
    await publish('ACCESS', 5);
    await sealed('ACCESS', first, 5);
    const next = startSealer(second, { previous: [first] });
    await eventually(async () => {
      await publish('ACCESS', 1);
      expect((await sealsOf('ACCESS')).length).toBeGreaterThan(1);
      expect(old.figures().unsealedSeconds).toBeGreaterThan(-1);
      expect((await verified('ACCESS', second.publicKey)).findings).toEqual([]);
    }, bound);
    await next.close();
    const before = (await sealsOf('ACCESS')).length;
    await publish('ACCESS', 1);
    // The old key signs no more, although nobody else does.
    await eventually(() => expect(old.failure).toBe('signing_key_superseded'), bound);
    expect((await sealsOf('ACCESS')).length).toBe(before);
    startSealer(second);
    await eventually(async () => {
      const { unsealed, findings } = await verified('ACCESS', first.publicKey);
      expect({ unsealed, findings }).toEqual({ unsealed: 0, findings: [] });
    }, bound);
  });

  it('takes no seal of an old key for a stream that the next one has not sealed yet', async () => {
    const [first, second] = [newSigner(), newSigner()];
    const old = startSealer(first);
    await publish('ACCESS', 5);
    await sealed('ACCESS', first, 5);
    await old.close();
    const next = startSealer(second, { previous: [first] });
    await publish('COMMANDS', 1);
    await sealed('COMMANDS', second, 1);
    await next.close();
    // Whoever found the old key, and can write as audit.
    const [seal] = await sealsOf('ACCESS');
    const { end } = openSeal(seal!, { name: `${name}/ACCESS`, key: first.publicKey });
    await publish('ACCESS', 1);
    const builder = new SealBuilder(end, 2);
    const range = { stream: 'ACCESS', from: 6, maxMessages: 1 };
    for (const { data, ...message } of await readRange(connection, range)) {
      builder.add({ ...message, digest: lineDigest(data) });
    }
    const forged = builder.seal(first, new Date().toISOString());
    await connection.jetstream.publish('drawbridge.checkpoints.ACCESS', JSON.stringify(forged));
    const { count, findings } = await verified('ACCESS', second.publicKey);
    expect(findings.map(({ kind, sequence }) => [kind, sequence])).toEqual([['checkpoint', 6]]);
    expect(count).toBe(5);
    const another = startSealer(second);
    await eventually(() => expect(another.failure).toBe('checkpoint_key_over'), bound);
  });

  it('does not sign with a key that the log never named', async () => {
    const key = newSigner();
    startSealer(key);
    await publish('ACCESS', 5);
    await sealed('ACCESS', key, 5);
    const stranger = startSealer(newSigner());
    await eventually(() => expect(stranger.failure).toBe('signing_key_superseded'), bound);
    await sealed('ACCESS', key, 5);
  });

  it('does not seal a stream that was put back, and goes on with the others', async () => {
    const key = newSigner();
    const sealer = startSealer(key);
    await publish('ACCESS', 5);
    await sealed('ACCESS', key, 5);
    await connection.manager.streams.delete('ACCESS');
    await declareStreams(connection, { replicas: 1 });
    await publish('ACCESS', 2);
    await eventually(() => expect(sealer.failure).toBe('stream_rewound'), bound);
    await publish('COMMANDS', 3);
    await sealed('COMMANDS', key, 3);
    expect(await sealsOf('ACCESS')).toHaveLength(1);
    await sealer.close();
    // Also when it has as many again, with something else in them.
    await publish('ACCESS', 20);
    const another = startSealer(key);
    await eventually(() => expect(another.failure).toBe('stream_rewound'), bound);
    const { findings } = await verified('ACCESS', key.publicKey);
    expect(findings.map(({ kind, sequence }) => [kind, sequence])).toEqual(
      [1, 2, 3, 4, 5].map((sequence) => ['altered', sequence]),
    );
  });

  it('goes on with the others when a stream is not there at all', async () => {
    const key = newSigner();
    const sealer = startSealer(key);
    await publish('ACCESS', 5);
    await sealed('ACCESS', key, 5);
    await connection.manager.streams.delete('ACCESS');
    await eventually(() => expect(sealer.failure).toBeDefined(), bound);
    await publish('COMMANDS', 3);
    await sealed('COMMANDS', key, 3);
  });

  it('goes on with the others after a restart, too, and with a new key', async () => {
    const key = newSigner();
    await publish('ACCESS', 5);
    await publish('COMMANDS', 2);
    const first = startSealer(key);
    await sealed('ACCESS', key, 5);
    await sealed('COMMANDS', key, 2);
    await first.close();
    await connection.manager.streams.delete('ACCESS');
    await publish('COMMANDS', 3);
    // A new key, too: how much of the one that is not there was sealed is known without it.
    const next = newSigner();
    const sealer = startWatched(next, { previous: [key] });
    await sealed('COMMANDS', next, 5);
    await eventually(async () => {
      expect(await told()).toContainEqual(stoppedFor('ACCESS'));
    }, bound);
    expect(await statements()).toContainEqual(expect.stringContaining('ACCESS:5,COMMANDS:2'));
    await declareStreams(connection, { replicas: 1 });
    await eventually(() => expect(sealer.failure).toBe('stream_rewound'), bound);
  });

  it('does not go on from a checkpoint that is not of its log', async () => {
    const key = newSigner();
    const stranger = startSealer(key, { keys: { name: 'another', current: key, previous: [] } });
    await publish('ACCESS', 2);
    await eventually(async () => expect(await sealsOf('ACCESS')).toHaveLength(1), bound);
    await stranger.close();
    const sealer = startSealer(key);
    await eventually(() => expect(sealer.failure).toBe('checkpoint_log_unreadable'), bound);
    const forged = JSON.stringify({ note: 'x', frontier: [], links: '' });
    await connection.jetstream.publish('drawbridge.checkpoints.COMMANDS', forged);
    await publish('COMMANDS', 2);
    const own = startSealer(key, { keys: { name: 'another', current: key, previous: [] } });
    await eventually(() => expect(own.failure).toBe('note_malformed'), bound);
  });
});
