import { generateKeyPairSync } from 'node:crypto';
import { signerOf } from '@drawbridge/integrity';
import { createLogger } from '@drawbridge/runtime';
import { Sealer } from '../src/integrity/sealer.js';
import { SealedRecord } from '../src/nats/sealed-record.js';
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { createCertificateAuthority, startDemoS3, type DemoS3 } from '@drawbridge/embedded';
import { accessEventStore, recordCommands, openParked } from '@drawbridge/jetstream';
import { eventually } from '@drawbridge/testing';
import { headers } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linesOf, objectsIn } from './bucket-reader.js';
import { startOtlpReceiver, type OtlpReceiver } from './otlp-receiver.js';
import { readCef } from './read-cef.js';
import { requestHistory } from './sample-events.js';
import { commandIdAt, ended, refused, started } from './sample-records.js';
import { startSyslogReceiver, type SyslogReceiver } from './syslog-receiver.js';
import { startSinkWorld, type SinkWorld } from './test-sinks.js';

let world: SinkWorld;
let otlp: OtlpReceiver;
let syslog: SyslogReceiver;
let s3: DemoS3;
beforeAll(async () => {
  [world, otlp, syslog, s3] = await Promise.all([
    startSinkWorld(),
    startOtlpReceiver(),
    startSyslogReceiver(),
    startDemoS3(),
  ]);
  await world.write('key-id', 'demo\n');
  await world.write('secret-key', 'demo-secret-access-key\n');
});
afterAll(async () => {
  await world.stop();
  await Promise.all([otlp.close(), syslog.close(), s3.close()]);
});

/** A receiver that was in trouble is tried less and less often. */
const patient = { timeoutMs: 100_000 };

const id = () => commandIdAt(new Date().toISOString());
const newName = () => `sink-${randomUUID().slice(0, 8)}`;
const otlpTo = (more: object = {}) => ({
  ...{ type: 'otlp', url: otlp.url, allowInsecureHttp: true },
  ...more,
});
const syslogTo = (more: object = {}) => ({
  ...{ type: 'syslog', host: '127.0.0.1', port: syslog.port, transport: 'tcp' },
  ...more,
});
const s3To = (prefix: string, more: object = {}) => ({
  ...{ type: 's3', bucket: s3.bucket, endpoint: s3.endpoint, allowInsecureHttp: true },
  ...{ accessKeyIdFile: 'key-id', secretAccessKeyFile: 'secret-key', prefix, intervalSeconds: 1 },
  ...more,
});

/** Command ids in the order in which a receiver was told of them. */
const toldOtlp = () =>
  otlp.logs.map((log) => (JSON.parse(log.body.stringValue) as { commandId?: string }).commandId);
const toldSyslog = () =>
  syslog.messages.map(({ message }) => readCef(message).extension['externalId']);
const toldS3 = async (prefix: string) => {
  const keys = (await objectsIn(s3)).filter((key) => key.startsWith(prefix)).toSorted();
  const lines = await Promise.all(keys.map((key) => linesOf(s3, key)));
  return { keys, lines: lines.flat() };
};
/** Of those that were told, these alone, in their order. */
const only = (told: readonly unknown[], ids: readonly string[]) =>
  told.filter((one) => ids.includes(String(one)));

describe('the sinks of a configuration', () => {
  it('keep checkpoints elsewhere: the notes, in the order in which they were signed', async () => {
    const name = newName();
    const streams = ['CHECKPOINTS'];
    await world.configure({ [name]: { streams, from: 'first', to: s3To(`${name}/`) } });
    const replica = await world.start();
    const key = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' });
    const sealer = new Sealer({
      ...{ connection: world.connection, clock: () => new Date(), everyMs: 50 },
      ...{ logger: createLogger('audit', { level: 'fatal' }), streams: ['USES'] },
      keys: { name: 'audit.test', current: signerOf(key.toString()), previous: [] },
    });
    sealer.start();
    const record = new SealedRecord(world.connection, []);
    const signed = async () => (await record.checkpoints('USES', { after: 0, limit: 50 })).items;
    for (const count of [1, 2]) {
      await world.connection.jetstream.publish('drawbridge.uses.a', '{}');
      await eventually(async () => expect(await signed()).toHaveLength(count));
    }
    await sealer.close();
    const notes = (await signed()).map(({ note }) => note);
    await eventually(async () => {
      const told = (await toldS3(`${name}/`)).lines.map((line) => line.record);
      expect(told.map(({ type }) => type)).toEqual([
        ...['SigningKeyNamed', 'CheckpointSigned', 'CheckpointSigned'],
      ]);
      expect(told.slice(1).map(({ stream, note }) => ({ stream, note }))).toEqual(
        notes.map((note) => ({ stream: 'USES', note })),
      );
    });
    await replica.close();
  });

  it('are told of what happens, each in the order of the streams', async () => {
    const [one, two, three] = [newName(), newName(), newName()];
    await world.configure({
      [one]: { to: otlpTo() },
      [two]: { to: syslogTo() },
      [three]: { to: s3To(`${three}/`) },
    });
    const replica = await world.start();
    await eventually(() => expect(replica.sinks.views).toHaveLength(4));
    const ids = Array.from({ length: 700 }, id);
    await eventually(async () => {
      const { value } = await keptOf(one);
      expect(value).toBeDefined();
    });
    await eventually(async () => expect((await keptOf(two)).value).toBeDefined());
    await eventually(async () => expect((await keptOf(three)).value).toBeDefined());
    for (let from = 0; from < ids.length; from += 100) {
      await recordCommands(
        world.connection,
        ...ids.slice(from, from + 100).map((commandId) => refused(commandId)),
      );
    }
    await eventually(() => expect(only(toldOtlp(), ids)).toEqual(ids));
    await eventually(() => expect(only(toldSyslog(), ids)).toEqual(ids));
    await eventually(async () => {
      const { lines, keys } = await toldS3(`${three}/`);
      expect(
        only(
          lines.map(({ record }) => record['commandId']),
          ids,
        ),
      ).toEqual(ids);
      for (const key of keys) {
        expect(key.slice(three.length)).toMatch(
          /^\/COMMANDS\/\d{4}\/\d\d\/\d\d\/\d{16}-\d{16}\.ndjson\.gz$/,
        );
      }
    });
    expect(syslog.faults).toEqual([]);
    await eventually(() =>
      expect(replica.sinks.figures()).toEqual({
        sinks: 4,
        sinksFailing: 0,
        sinksLag: 0,
        sinksParked: 0,
      }),
    );
    await replica.close();
  });

  it('are told of events, and of nothing that was not asked for', async () => {
    const [all, grants, bodies] = [newName(), newName(), newName()];
    await world.configure({
      [all]: { to: s3To(`${all}/`) },
      [grants]: { types: ['GrantIssued'], to: s3To(`${grants}/`) },
      [bodies]: { types: ['CommandBody'], to: s3To(`${bodies}/`) },
    });
    const replica = await world.start();
    await eventually(async () => expect((await keptOf(grants)).value).toBeDefined());
    await eventually(async () => expect((await keptOf(bodies)).value).toBeDefined());
    await eventually(async () => expect((await keptOf(all)).value).toBeDefined());
    await publishHistory();
    const body = { type: 'CommandBody', at: '2026-01-05T09:00:00Z', content: 'payload' };
    await publishLines(JSON.stringify(body), JSON.stringify(refused(id())));
    await eventually(async () => {
      const { lines } = await toldS3(`${all}/`);
      const types = lines.map(({ record }) => record.type);
      expect(types.toSorted()).toEqual([
        'AccessRequestApproved',
        'AccessRequested',
        'CommandRefused',
        'GrantIssued',
      ]);
    });
    for (const [name, type] of [
      [grants, 'GrantIssued'],
      [bodies, 'CommandBody'],
    ] as const) {
      await eventually(async () => {
        const { lines } = await toldS3(`${name}/`);
        expect(lines.map(({ record }) => record.type)).toEqual([type]);
      });
    }
    await replica.close();
  });

  it('may begin with the oldest record there is', async () => {
    const first = id();
    await recordCommands(world.connection, refused(first));
    const name = newName();
    await world.configure({ [name]: { from: 'first', to: s3To(`${name}/`) } });
    const replica = await world.start();
    await eventually(async () => {
      const { lines } = await toldS3(`${name}/`);
      const { state } = await world.connection.manager.streams.info('COMMANDS');
      const sequences = lines
        .filter(({ stream }) => stream === 'COMMANDS')
        .map(({ sequence }) => sequence);
      expect(new Set(sequences).size).toBe(state.messages);
      expect(lines.map(({ record }) => record['commandId'])).toContain(first);
    });
    await replica.close();
  });
});

describe('a receiver in trouble', () => {
  it('delays no other, is told of when it is back, and is seen meanwhile', async () => {
    const [broken, well] = [newName(), newName()];
    await world.configure({ [broken]: { to: otlpTo() }, [well]: { to: s3To(`${well}/`) } });
    const replica = await world.start();
    await eventually(async () => expect((await keptOf(broken)).value).toBeDefined());
    await eventually(async () => expect((await keptOf(well)).value).toBeDefined());
    otlp.answer = () => ({ status: 503 });
    const ids = Array.from({ length: 40 }, id);
    for (const commandId of ids) await recordCommands(world.connection, refused(commandId));
    await eventually(async () => {
      const { lines } = await toldS3(`${well}/`);
      expect(
        only(
          lines.map(({ record }) => record['commandId']),
          ids,
        ),
      ).toEqual(ids);
    });
    await eventually(() => {
      expect(replica.sinks.figures()).toMatchObject({ sinksFailing: 1 });
      const view = replica.sinks.views.find(({ name }) => name === broken);
      expect(view?.streams.find(({ stream }) => stream === 'COMMANDS')?.behind).toBe(40);
      expect(view).toMatchObject({
        failing: { code: 'sink_unavailable' },
      });
    });
    expect(only(toldOtlp(), ids)).toEqual([]);
    otlp.answer = () => undefined;
    await eventually(() => expect(only(toldOtlp(), ids)).toEqual(ids), patient);
    await eventually(() => expect(replica.sinks.figures()).toMatchObject({ sinksFailing: 0 }));
    await replica.close();
  });

  it('that refuses a record is told of all others, and the record is parked', async () => {
    const name = newName();
    await world.configure({ [name]: { to: otlpTo() } });
    const replica = await world.start();
    await eventually(async () => expect((await keptOf(name)).value).toBeDefined());
    const ids = Array.from({ length: 30 }, id);
    const poison = ids[11]!;
    otlp.answer = (logs) =>
      logs.some(({ body }) => body.stringValue.includes(poison)) ? { status: 400 } : undefined;
    await recordCommands(world.connection, ...ids.map((commandId) => refused(commandId)));
    const others = ids.filter((one) => one !== poison);
    await eventually(() => expect(only(toldOtlp(), ids)).toEqual(others));
    const parked = await eventually(async () => {
      const found = await openParked(world.connection, 'audit-sinks', 100);
      const ours = found.filter(({ consumer }) => consumer === `sink-${name}`);
      expect(ours).toHaveLength(1);
      return ours[0];
    });
    expect(parked).toMatchObject({ code: 'sink_refused', source: { stream: 'COMMANDS' } });
    expect(JSON.parse(Buffer.from(parked?.bytes ?? []).toString())).toEqual(refused(poison));
    otlp.answer = () => undefined;
    await replica.close();
  });

  it('that refuses all of a batch, and takes again what it took before, goes on behind it', async () => {
    const name = newName();
    await world.configure({ [name]: { to: otlpTo() } });
    const replica = await world.start();
    await eventually(async () => expect((await keptOf(name)).value).toBeDefined());
    const [before, after] = [id(), id()];
    const poison = Array.from({ length: 40 }, id);
    otlp.answer = (logs) =>
      logs.some(({ body }) => poison.some((one) => body.stringValue.includes(one)))
        ? { status: 400 }
        : undefined;
    await recordCommands(world.connection, refused(before));
    await eventually(() => expect(toldOtlp()).toContain(before));
    await recordCommands(world.connection, ...poison.map((commandId) => refused(commandId)));
    await eventually(async () => {
      const found = await openParked(world.connection, 'audit-sinks', 100);
      const ours = found.filter(({ consumer }) => consumer === `sink-${name}`);
      expect(ours).toHaveLength(40);
    });
    await recordCommands(world.connection, refused(after));
    await eventually(() => expect(toldOtlp()).toContain(after));
    otlp.answer = () => undefined;
    await replica.close();
  });

  it('that says it dropped records is not told of them again', async () => {
    const name = newName();
    await world.configure({ [name]: { to: otlpTo() } });
    const replica = await world.start();
    await eventually(async () => expect((await keptOf(name)).value).toBeDefined());
    const [dropped, next] = [id(), id()];
    const body = '{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"no"}}';
    let answers = 0;
    otlp.answer = (logs) =>
      logs.some(({ body: { stringValue } }) => stringValue.includes(dropped))
        ? ((answers += 1), { status: 200, body })
        : undefined;
    await recordCommands(world.connection, refused(dropped));
    await eventually(() => expect(answers).toBe(1));
    await recordCommands(world.connection, refused(next));
    await eventually(() => expect(toldOtlp()).toContain(next));
    expect(answers).toBe(1);
    otlp.answer = () => undefined;
    await replica.close();
  });

  it('that answers every request with a refusal loses nothing', async () => {
    const name = newName();
    await world.configure({ [name]: { to: otlpTo() } });
    const replica = await world.start();
    await eventually(async () => expect((await keptOf(name)).value).toBeDefined());
    const ids = Array.from({ length: 5 }, id);
    otlp.answer = () => ({ status: 400 });
    await recordCommands(world.connection, ...ids.map((commandId) => refused(commandId)));
    await eventually(() =>
      expect(replica.sinks.views.find((one) => one.name === name)?.failing?.code).toBe(
        'sink_refused',
      ),
    );
    otlp.answer = () => undefined;
    await eventually(() => expect(only(toldOtlp(), ids)).toEqual(ids), patient);
    const parked = await openParked(world.connection, 'audit-sinks', 100);
    expect(parked.filter(({ consumer }) => consumer === `sink-${name}`)).toEqual([]);
    await replica.close();
  });

  it('is not told of what cannot be read: that is parked, and what came with it is told', async () => {
    const name = newName();
    await world.configure({ [name]: { to: syslogTo() } });
    const replica = await world.start();
    await eventually(async () => expect((await keptOf(name)).value).toBeDefined());
    const [before, after] = [id(), id()];
    await publishLines(
      JSON.stringify(refused(before)),
      'not json',
      JSON.stringify({ ...refused(id()), type: 'Two\nLines' }),
      JSON.stringify(refused(after)),
    );
    await eventually(() => expect(only(toldSyslog(), [before, after])).toEqual([before, after]));
    const parked = await openParked(world.connection, 'audit-sinks', 100);
    const ours = parked.filter(({ consumer }) => consumer === `sink-${name}`);
    expect(ours.map(({ code }) => code)).toEqual(['record_unreadable', 'record_unreadable']);
    expect(Buffer.from(ours[0]?.bytes ?? []).toString()).toBe('not json');
    await replica.close();
  });

  it.each<[string, (socket: Socket) => void]>([
    ['resets the connection', (socket) => socket.once('data', () => socket.resetAndDestroy())],
    ['closes at once, as a balancer without a receiver', (socket) => socket.end()],
    [
      'closes when it has read the first bytes',
      (socket) => socket.once('data', () => socket.end()),
    ],
  ])('of syslog gets a batch again when it %s', async (_, instead) => {
    const name = newName();
    await world.configure({ [name]: { to: syslogTo() } });
    const replica = await world.start();
    await eventually(async () => expect((await keptOf(name)).value).toBeDefined());
    const before = syslog.connections;
    syslog.instead = instead;
    const ids = Array.from({ length: 3 }, id);
    await recordCommands(world.connection, ...ids.map((commandId) => started(commandId)));
    await eventually(() => expect(syslog.connections).toBeGreaterThan(before + 1));
    syslog.instead = undefined;
    await eventually(() => expect(only(toldSyslog(), ids)).toEqual(ids), patient);
    await replica.close();
  });
});

describe('a replica', () => {
  it('takes over from one that is closed, where that was', async () => {
    const name = newName();
    await world.configure({ [name]: { to: s3To(`${name}/`) } });
    const [one, other] = [await world.start(), await world.start()];
    await eventually(async () => expect((await keptOf(name)).value).toBeDefined());
    const ids = Array.from({ length: 20 }, id);
    const tell = async (some: readonly string[]) => {
      for (const commandId of some) await recordCommands(world.connection, ended(commandId));
    };
    await tell(ids.slice(0, 10));
    await one.close();
    await tell(ids.slice(10));
    await eventually(async () => {
      const { lines } = await toldS3(`${name}/`);
      const told = only(
        lines.map(({ record }) => record['commandId']),
        ids,
      );
      expect([...new Set(told)]).toEqual(ids);
    });
    await other.close();
  });

  it('takes over changes of the configuration, and leaves alone what stays', async () => {
    const [stays, comes] = [newName(), newName()];
    await world.configure({ [stays]: { to: s3To(`${stays}/`) } });
    const replica = await world.start();
    await eventually(async () => expect((await keptOf(stays)).value).toBeDefined());
    const before = (await keptOf(stays)).value as { owner: string };
    await world.configure({ [stays]: { to: s3To(`${stays}/`) }, [comes]: { to: otlpTo() } });
    await eventually(async () => expect((await keptOf(comes)).value).toBeDefined());
    const commandId = id();
    await recordCommands(world.connection, refused(commandId));
    await eventually(() => expect(toldOtlp()).toContain(commandId));
    expect((await keptOf(stays)).value).toMatchObject({ owner: before.owner });
    await world.configure({});
    await eventually(() => expect(replica.sinks.figures()).toMatchObject({ sinks: 1 }));
    await replica.close();
  });
});

describe('NATS', () => {
  it('may crash: what was told before is not lost, and what comes is told', async () => {
    const [one, other] = [newName(), newName()];
    await world.configure({ [one]: { to: s3To(`${one}/`) }, [other]: { to: syslogTo() } });
    const replica = await world.start();
    await eventually(async () => expect((await keptOf(one)).value).toBeDefined());
    await eventually(async () => expect((await keptOf(other)).value).toBeDefined());
    const ids = Array.from({ length: 40 }, id);
    await recordCommands(world.connection, ...ids.slice(0, 20).map((one) => refused(one)));
    await world.nats.kill();
    await world.nats.restart();
    await eventually(() =>
      recordCommands(world.connection, ...ids.slice(20).map((one) => refused(one))),
    );
    await eventually(() => expect([...new Set(only(toldSyslog(), ids))]).toEqual(ids), patient);
    await eventually(async () => {
      const { lines } = await toldS3(`${one}/`);
      const told = only(
        lines.map(({ record }) => record['commandId']),
        ids,
      );
      expect([...new Set(told)]).toEqual(ids);
    });
    await replica.close();
  });
});

describe('what goes to a receiver', () => {
  it('has the headers of the configuration, whose values are in files', async () => {
    await world.write('token', 'Bearer one\n');
    const name = newName();
    const named = [{ name: 'Authorization', valueFile: 'token' }];
    await world.configure({ [name]: { to: otlpTo({ headers: named, compression: 'none' }) } });
    const replica = await world.start();
    await eventually(async () => expect((await keptOf(name)).value).toBeDefined());
    const tell = async () => {
      const commandId = id();
      await recordCommands(world.connection, refused(commandId));
      await eventually(() => expect(toldOtlp()).toContain(commandId));
    };
    await tell();
    expect(otlp.headers.at(-1)).toMatchObject({ authorization: 'Bearer one' });
    expect(otlp.headers.at(-1)).not.toHaveProperty('content-encoding');
    await world.write('token', 'Bearer two\n');
    await tell();
    expect(otlp.headers.at(-1)).toMatchObject({ authorization: 'Bearer two' });
    await world.write('token', 'Bearer\nX-Other: 1');
    await recordCommands(world.connection, refused(id()));
    await eventually(() =>
      expect(replica.sinks.views.find((one) => one.name === name)?.failing?.code).toBe(
        'sink_file_unusable',
      ),
    );
    await replica.close();
  });

  it('goes to nobody whose certificate is of another authority', async () => {
    const [ours, theirs] = await Promise.all(
      ['ours', 'theirs'].map((one) => createCertificateAuthority(one)),
    );
    const server = await ours!.issueServer(['127.0.0.1', 'localhost']);
    const client = await ours!.issueClient('audit', []);
    const receiver = await startSyslogReceiver({
      cert: server.certificate,
      key: server.key,
      ca: ours!.certificate,
      requestCert: true,
      rejectUnauthorized: true,
    });
    await world.write('ours.pem', ours!.certificate);
    await world.write('theirs.pem', theirs!.certificate);
    await world.write('client.pem', client.certificate);
    await world.write('client.key', client.key);
    const name = newName();
    const to = (more: object) => ({
      ...{ type: 'syslog', host: 'localhost', port: receiver.port },
      ...more,
    });
    const certificate = { clientCertificateFile: 'client.pem', clientKeyFile: 'client.key' };
    await world.configure({
      [name]: { to: to({ certificateAuthorityFile: 'theirs.pem', ...certificate }) },
    });
    const replica = await world.start();
    await eventually(async () => expect((await keptOf(name)).value).toBeDefined());
    const commandId = id();
    await recordCommands(world.connection, refused(commandId));
    const isFailing = () =>
      eventually(() =>
        expect(replica.sinks.views.find((one) => one.name === name)?.failing?.code).toBe(
          'sink_unavailable',
        ),
      );
    await isFailing();
    await world.configure({ [name]: { to: to({ certificateAuthorityFile: 'ours.pem' }) } });
    await isFailing();
    expect(receiver.messages).toEqual([]);
    await world.configure({
      [name]: { to: to({ certificateAuthorityFile: 'ours.pem', ...certificate }) },
    });
    await eventually(() => {
      const told = receiver.messages.map(({ message }) => readCef(message).extension['externalId']);
      expect(told).toContain(commandId);
    });
    await replica.close();
    await receiver.close();
  });
});

/** What is kept of a sink. */
async function keptOf(name: string): Promise<{ readonly value: unknown }> {
  const message = await world.connection.manager.streams.getMessage('KV_drawbridge_exports', {
    last_by_subj: `$KV.drawbridge_exports.${name}`,
  });
  return { value: message === null ? undefined : message.json() };
}

async function publishHistory(): Promise<void> {
  for (const [index, event] of requestHistory.entries()) {
    const writer = (['identity', 'approval', 'policy'] as const)[index] ?? 'policy';
    const store = accessEventStore(world.connection, writer);
    const { position } = await store.load(requestId);
    await store.append({
      ...{ aggregateId: requestId, position, event },
      metadata: {
        id: randomUUID(),
        causationId: 'test',
        actor: { kind: 'service', id: writer },
        at: new Date().toISOString(),
      },
    });
  }
}
const requestId = randomUUID();

/** A message as the gateway sends it, of any lines. */
async function publishLines(...lines: readonly string[]): Promise<void> {
  const head = headers();
  head.set('Content-Type', 'application/x-ndjson');
  const subject = 'drawbridge.commands._batch.test';
  await world.connection.jetstream.publish(subject, `${lines.join('\n')}\n`, { headers: head });
}
