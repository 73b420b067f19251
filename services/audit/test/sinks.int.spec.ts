import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createCertificateAuthority } from '@drawbridge/embedded';
import { signerOf } from '@drawbridge/integrity';
import { accessEventStore, recordCommands } from '@drawbridge/jetstream';
import { createLogger } from '@drawbridge/runtime';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sealer } from '../src/integrity/sealer.js';
import { SealedRecord } from '../src/nats/sealed-record.js';
import type { OtlpReceiver } from './otlp-receiver.js';
import { readCef } from './read-cef.js';
import { requestHistory } from './sample-events.js';
import { ended, refused } from './sample-records.js';
import { id, newName, only, patient, SinkRig } from './sink-rig.js';
import { startSyslogReceiver, type SyslogReceiver } from './syslog-receiver.js';
import type { SinkWorld } from './test-sinks.js';

let rig: SinkRig;
let world: SinkWorld;
let otlp: OtlpReceiver;
let syslog: SyslogReceiver;
beforeAll(async () => {
  rig = await SinkRig.start();
  ({ world, otlp, syslog } = rig);
});
afterAll(() => rig.stop());

describe('the sinks of a configuration', () => {
  it('keep checkpoints elsewhere: the notes, in the order in which they were signed', async () => {
    const name = newName();
    const streams = ['CHECKPOINTS'];
    await world.configure({ [name]: { streams, from: 'first', to: rig.s3To(`${name}/`) } });
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
      const told = (await rig.toldS3(`${name}/`)).lines.map((line) => line.record);
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
      [one]: { to: rig.otlpTo() },
      [two]: { to: rig.syslogTo() },
      [three]: { to: rig.s3To(`${three}/`) },
    });
    const replica = await world.start();
    await eventually(() => expect(replica.sinks.views).toHaveLength(4));
    const ids = Array.from({ length: 700 }, id);
    await eventually(async () => {
      const { value } = await rig.keptOf(one);
      expect(value).toBeDefined();
    });
    await eventually(async () => expect((await rig.keptOf(two)).value).toBeDefined());
    await eventually(async () => expect((await rig.keptOf(three)).value).toBeDefined());
    for (let from = 0; from < ids.length; from += 100) {
      await recordCommands(
        world.connection,
        ...ids.slice(from, from + 100).map((commandId) => refused(commandId)),
      );
    }
    await eventually(() => expect(only(rig.toldOtlp(), ids)).toEqual(ids));
    await eventually(() => expect(only(rig.toldSyslog(), ids)).toEqual(ids));
    await eventually(async () => {
      const { lines, keys } = await rig.toldS3(`${three}/`);
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
      [all]: { to: rig.s3To(`${all}/`) },
      [grants]: { types: ['GrantIssued'], to: rig.s3To(`${grants}/`) },
      [bodies]: { types: ['CommandBody'], to: rig.s3To(`${bodies}/`) },
    });
    const replica = await world.start();
    await eventually(async () => expect((await rig.keptOf(grants)).value).toBeDefined());
    await eventually(async () => expect((await rig.keptOf(bodies)).value).toBeDefined());
    await eventually(async () => expect((await rig.keptOf(all)).value).toBeDefined());
    await publishHistory();
    const body = { type: 'CommandBody', at: '2026-01-05T09:00:00Z', content: 'payload' };
    await rig.publishLines(JSON.stringify(body), JSON.stringify(refused(id())));
    await eventually(async () => {
      const { lines } = await rig.toldS3(`${all}/`);
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
        const { lines } = await rig.toldS3(`${name}/`);
        expect(lines.map(({ record }) => record.type)).toEqual([type]);
      });
    }
    await replica.close();
  });

  it('may begin with the oldest record there is', async () => {
    const first = id();
    await recordCommands(world.connection, refused(first));
    const name = newName();
    await world.configure({ [name]: { from: 'first', to: rig.s3To(`${name}/`) } });
    const replica = await world.start();
    await eventually(async () => {
      const { lines } = await rig.toldS3(`${name}/`);
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

describe('a replica', () => {
  it('takes over from one that is closed, where that was', async () => {
    const name = newName();
    await world.configure({ [name]: { to: rig.s3To(`${name}/`) } });
    const [one, other] = [await world.start(), await world.start()];
    await eventually(async () => expect((await rig.keptOf(name)).value).toBeDefined());
    const ids = Array.from({ length: 20 }, id);
    const tell = async (some: readonly string[]) => {
      for (const commandId of some) await recordCommands(world.connection, ended(commandId));
    };
    await tell(ids.slice(0, 10));
    await one.close();
    await tell(ids.slice(10));
    await eventually(async () => {
      const { lines } = await rig.toldS3(`${name}/`);
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
    await world.configure({ [stays]: { to: rig.s3To(`${stays}/`) } });
    const replica = await world.start();
    await eventually(async () => expect((await rig.keptOf(stays)).value).toBeDefined());
    const before = (await rig.keptOf(stays)).value as { owner: string };
    await world.configure({
      [stays]: { to: rig.s3To(`${stays}/`) },
      [comes]: { to: rig.otlpTo() },
    });
    await eventually(async () => expect((await rig.keptOf(comes)).value).toBeDefined());
    const commandId = id();
    await recordCommands(world.connection, refused(commandId));
    await eventually(() => expect(rig.toldOtlp()).toContain(commandId));
    expect((await rig.keptOf(stays)).value).toMatchObject({ owner: before.owner });
    await world.configure({});
    await eventually(() => expect(replica.sinks.figures()).toMatchObject({ sinks: 1 }));
    await replica.close();
  });
});

describe('NATS', () => {
  it('may crash: what was told before is not lost, and what comes is told', async () => {
    const [one, other] = [newName(), newName()];
    await world.configure({ [one]: { to: rig.s3To(`${one}/`) }, [other]: { to: rig.syslogTo() } });
    const replica = await world.start();
    await eventually(async () => expect((await rig.keptOf(one)).value).toBeDefined());
    await eventually(async () => expect((await rig.keptOf(other)).value).toBeDefined());
    const ids = Array.from({ length: 40 }, id);
    await recordCommands(world.connection, ...ids.slice(0, 20).map((one) => refused(one)));
    await world.nats.kill();
    await world.nats.restart();
    await eventually(() =>
      recordCommands(world.connection, ...ids.slice(20).map((one) => refused(one))),
    );
    await eventually(() => expect([...new Set(only(rig.toldSyslog(), ids))]).toEqual(ids), patient);
    await eventually(async () => {
      const { lines } = await rig.toldS3(`${one}/`);
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
    await world.configure({ [name]: { to: rig.otlpTo({ headers: named, compression: 'none' }) } });
    const replica = await world.start();
    await eventually(async () => expect((await rig.keptOf(name)).value).toBeDefined());
    const tell = async () => {
      const commandId = id();
      await recordCommands(world.connection, refused(commandId));
      await eventually(() => expect(rig.toldOtlp()).toContain(commandId));
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
    await eventually(async () => expect((await rig.keptOf(name)).value).toBeDefined());
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
