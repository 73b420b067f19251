import type { Socket } from 'node:net';
import { openParked, recordCommands } from '@drawbridge/jetstream';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OtlpReceiver } from './otlp-receiver.js';
import { refused, started } from './sample-records.js';
import { id, newName, only, patient, SinkRig } from './sink-rig.js';
import type { SyslogReceiver } from './syslog-receiver.js';
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

describe('a receiver in trouble', () => {
  it('delays no other, is told of when it is back, and is seen meanwhile', async () => {
    const [broken, well] = [newName(), newName()];
    await world.configure({ [broken]: { to: rig.otlpTo() }, [well]: { to: rig.s3To(`${well}/`) } });
    const replica = await world.start();
    await eventually(async () => expect((await rig.keptOf(broken)).value).toBeDefined());
    await eventually(async () => expect((await rig.keptOf(well)).value).toBeDefined());
    otlp.answer = () => ({ status: 503 });
    const ids = Array.from({ length: 40 }, id);
    for (const commandId of ids) await recordCommands(world.connection, refused(commandId));
    await eventually(async () => {
      const { lines } = await rig.toldS3(`${well}/`);
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
    expect(only(rig.toldOtlp(), ids)).toEqual([]);
    otlp.answer = () => undefined;
    await eventually(() => expect(only(rig.toldOtlp(), ids)).toEqual(ids), patient);
    await eventually(() => expect(replica.sinks.figures()).toMatchObject({ sinksFailing: 0 }));
    await replica.close();
  });

  it('that refuses a record is told of all others, and the record is parked', async () => {
    const name = newName();
    await world.configure({ [name]: { to: rig.otlpTo() } });
    const replica = await world.start();
    await eventually(async () => expect((await rig.keptOf(name)).value).toBeDefined());
    const ids = Array.from({ length: 30 }, id);
    const poison = ids[11]!;
    otlp.answer = (logs) =>
      logs.some(({ body }) => body.stringValue.includes(poison)) ? { status: 400 } : undefined;
    await recordCommands(world.connection, ...ids.map((commandId) => refused(commandId)));
    const others = ids.filter((one) => one !== poison);
    await eventually(() => expect(only(rig.toldOtlp(), ids)).toEqual(others));
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
    await world.configure({ [name]: { to: rig.otlpTo() } });
    const replica = await world.start();
    await eventually(async () => expect((await rig.keptOf(name)).value).toBeDefined());
    const [before, after] = [id(), id()];
    const poison = Array.from({ length: 40 }, id);
    otlp.answer = (logs) =>
      logs.some(({ body }) => poison.some((one) => body.stringValue.includes(one)))
        ? { status: 400 }
        : undefined;
    await recordCommands(world.connection, refused(before));
    await eventually(() => expect(rig.toldOtlp()).toContain(before));
    await recordCommands(world.connection, ...poison.map((commandId) => refused(commandId)));
    await eventually(async () => {
      const found = await openParked(world.connection, 'audit-sinks', 100);
      const ours = found.filter(({ consumer }) => consumer === `sink-${name}`);
      expect(ours).toHaveLength(40);
    });
    await recordCommands(world.connection, refused(after));
    await eventually(() => expect(rig.toldOtlp()).toContain(after));
    otlp.answer = () => undefined;
    await replica.close();
  });

  it('that says it dropped records is not told of them again', async () => {
    const name = newName();
    await world.configure({ [name]: { to: rig.otlpTo() } });
    const replica = await world.start();
    await eventually(async () => expect((await rig.keptOf(name)).value).toBeDefined());
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
    await eventually(() => expect(rig.toldOtlp()).toContain(next));
    expect(answers).toBe(1);
    otlp.answer = () => undefined;
    await replica.close();
  });

  it('that refuses all of one stream, and takes another, loses nothing of it, and is seen to fail', async () => {
    const name = newName();
    await world.configure({ [name]: { streams: ['ACCESS', 'COMMANDS'], to: rig.otlpTo() } });
    const replica = await world.start();
    await eventually(async () => expect((await rig.keptOf(name)).value).toBeDefined());
    const before = id();
    await recordCommands(world.connection, refused(before));
    await eventually(() => expect(rig.toldOtlp()).toContain(before));
    const ids = Array.from({ length: 30 }, id);
    const isCommand = (text: string) => text.includes('"commandId"');
    otlp.answer = (logs) =>
      logs.some(({ body }) => isCommand(body.stringValue)) ? { status: 400 } : undefined;
    const events = () => otlp.logs.filter(({ body }) => !isCommand(body.stringValue)).length;
    const event = JSON.stringify({ type: 'AccessRequested', at: '2026-01-05T09:00:00Z' });
    const eventsBefore = events();
    await world.connection.jetstream.publish('drawbridge.access.other', event);
    await eventually(() => expect(events()).toBeGreaterThan(eventsBefore));
    await recordCommands(world.connection, ...ids.map((commandId) => refused(commandId)));
    await eventually(() => {
      const view = replica.sinks.views.find((one) => one.name === name);
      expect(view?.failing?.code).toBe('sink_refused');
      const behind = view?.streams.filter((one) => one.behind > 0).map(({ stream }) => stream);
      expect(behind).toEqual(['COMMANDS']);
    });
    otlp.answer = () => undefined;
    // It may have been mended while it was told: then some are told twice, and all in their order at last.
    await eventually(() => expect(only(rig.toldOtlp(), ids).slice(-30)).toEqual(ids), patient);
    const parked = await openParked(world.connection, 'audit-sinks', 100);
    expect(parked.filter(({ consumer }) => consumer === `sink-${name}`)).toEqual([]);
    await replica.close();
  });

  it('that answers every request with a refusal loses nothing', async () => {
    const name = newName();
    await world.configure({ [name]: { to: rig.otlpTo() } });
    const replica = await world.start();
    await eventually(async () => expect((await rig.keptOf(name)).value).toBeDefined());
    const ids = Array.from({ length: 5 }, id);
    otlp.answer = () => ({ status: 400 });
    await recordCommands(world.connection, ...ids.map((commandId) => refused(commandId)));
    await eventually(() =>
      expect(replica.sinks.views.find((one) => one.name === name)?.failing?.code).toBe(
        'sink_refused',
      ),
    );
    otlp.answer = () => undefined;
    // It may have been mended while it was told: then some are told twice, and all in their order at last.
    await eventually(() => expect(only(rig.toldOtlp(), ids).slice(-5)).toEqual(ids), patient);
    const parked = await openParked(world.connection, 'audit-sinks', 100);
    expect(parked.filter(({ consumer }) => consumer === `sink-${name}`)).toEqual([]);
    await replica.close();
  });

  it('is not told of what cannot be read: that is parked, and what came with it is told', async () => {
    const name = newName();
    await world.configure({ [name]: { to: rig.syslogTo() } });
    const replica = await world.start();
    await eventually(async () => expect((await rig.keptOf(name)).value).toBeDefined());
    const [before, after] = [id(), id()];
    await rig.publishLines(
      JSON.stringify(refused(before)),
      'not json',
      JSON.stringify({ ...refused(id()), type: 'Two\nLines' }),
      JSON.stringify(refused(after)),
    );
    await eventually(() =>
      expect(only(rig.toldSyslog(), [before, after])).toEqual([before, after]),
    );
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
    await world.configure({ [name]: { to: rig.syslogTo() } });
    const replica = await world.start();
    await eventually(async () => expect((await rig.keptOf(name)).value).toBeDefined());
    const before = syslog.connections;
    syslog.instead = instead;
    const ids = Array.from({ length: 3 }, id);
    await recordCommands(world.connection, ...ids.map((commandId) => started(commandId)));
    await eventually(() => expect(syslog.connections).toBeGreaterThan(before + 1));
    syslog.instead = undefined;
    await eventually(() => expect(only(rig.toldSyslog(), ids)).toEqual(ids), patient);
    await replica.close();
  });
});
