import type { ClickHouseClient } from '@clickhouse/client';
import { recordCommands, PARKED_STREAM, ParkedHeaders } from '@drawbridge/jetstream';
import { eventually } from '@drawbridge/testing';
import { headers } from '@nats-io/transport-node';
import { z } from 'zod';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandIdAt, ended, grantId, refused, started } from './sample-records.js';
import { startTestAudit, type TestAudit } from './test-audit.js';

let audit: TestAudit;
beforeAll(async () => {
  audit = await startTestAudit();
});
afterAll(() => audit.stop());

const id = () => commandIdAt(new Date().toISOString());
const Readiness = z.object({
  status: z.string(),
  checks: z.record(z.string(), z.boolean()),
  figures: z.record(z.string(), z.number()),
});
const readiness = async () => {
  const response = await fetch(`${audit.url()}/readyz`);
  return { code: response.status, ...Readiness.parse(await response.json()) };
};
const outcomeOf = async (commandId: string): Promise<unknown> => {
  const rows = await audit.store.rows(
    `SELECT outcome FROM drawbridge.commands FINAL WHERE command_id = '${commandId}'`,
  );
  return rows.length === 1 ? rows[0] : rows;
};
const isStored = (commandId: string, outcome = '') =>
  eventually(async () => expect(await outcomeOf(commandId)).toEqual({ outcome }));
const publish = (subject: string, bytes: string | Uint8Array) =>
  audit.connection.jetstream.publish(subject, bytes);

/** A message as the gateway sends it, of any bytes. */
function publishBatch(bytes: Uint8Array) {
  const head = headers();
  head.set('Content-Type', 'application/x-ndjson');
  return audit.connection.jetstream.publish('drawbridge.commands._batch.test', bytes, {
    headers: head,
  });
}

/** A client that does something else instead of the next inserts, as the functions say one by one. */
function clientThat(
  ...instead: ((insert: () => ReturnType<ClickHouseClient['insert']>) => Promise<never>)[]
): ClickHouseClient {
  const { client } = audit.store;
  const insert = (params: Parameters<ClickHouseClient['insert']>[0]) => {
    const original = () => client.insert(params);
    return instead.shift()?.(original) ?? original();
  };
  const changed: unknown = Object.assign(Object.create(client) as object, {
    insert,
    close: () => Promise.resolve(),
  });
  return changed as ClickHouseClient;
}

describe('the ingest', () => {
  it('stores a command soon, and says how far behind it is', async () => {
    const commandId = id();
    await recordCommands(audit.connection, started(commandId));
    await isStored(commandId);
    await recordCommands(audit.connection, ended(commandId));
    await isStored(commandId, 'completed');
    await eventually(async () =>
      expect(await readiness()).toEqual({
        code: 200,
        status: 'ready',
        checks: { nats: true, clickhouse: true, ingest: true },
        figures: {
          eventsLag: 0,
          commandsLag: 0,
          holdsLag: 0,
          stopsLag: 0,
          usesLag: 0,
          auditEventsLag: 0,
          commandsLagMs: expect.any(Number) as number,
          recordsPerSecond: expect.any(Number) as number,
          checkpointsLag: 0,
          parked: 0,
          unrecordedCalls: 0,
          clusterEventsUnreadable: 0,
        },
      }),
    );
  });

  it('stores a batch once when the answer to its insert is lost', async () => {
    await audit.restart(
      clientThat(async (insert) => {
        await insert();
        throw new Error('the answer was lost');
      }),
    );
    const commandId = id();
    await recordCommands(audit.connection, refused(commandId));
    await isStored(commandId, 'refused');
    expect(
      await audit.store.rows(
        `SELECT count() AS rows FROM drawbridge.commands WHERE command_id = '${commandId}'`,
      ),
    ).toEqual([{ rows: 1 }]);
  });

  it('keeps trying while ClickHouse is away, and shows it', async () => {
    let away = true;
    const failing = async (): Promise<never> => {
      await Promise.resolve();
      throw new Error('connection refused');
    };
    const { client } = audit.store;
    const unreliable: unknown = Object.assign(Object.create(client) as object, {
      insert: (params: Parameters<ClickHouseClient['insert']>[0]) =>
        away ? failing() : client.insert(params),
      close: () => Promise.resolve(),
    });
    await audit.restart(unreliable as ClickHouseClient);
    const commandIds = Array.from({ length: 120 }, id);
    for (const commandId of commandIds) {
      await recordCommands(audit.connection, refused(commandId));
    }
    await eventually(async () =>
      expect(await readiness()).toMatchObject({
        code: 503,
        checks: { nats: true, clickhouse: true, ingest: false },
        figures: { commandsLag: 120 },
      }),
    );
    away = false;
    for (const commandId of commandIds) await isStored(commandId, 'refused');
    await eventually(async () => expect((await readiness()).code).toBe(200));
  });

  it('keeps no batch back when it is stopped while ClickHouse is away', async () => {
    const never = () => Promise.reject(new Error('connection refused'));
    await audit.restart(clientThat(...Array.from({ length: 1000 }, () => never)));
    const commandId = id();
    await recordCommands(audit.connection, refused(commandId));
    await eventually(async () => expect((await readiness()).checks['ingest']).toBe(false));
    await audit.restart();
    await isStored(commandId, 'refused');
  });

  it('survives a crash of the NATS server', async () => {
    await audit.nats.kill();
    await eventually(async () => expect((await readiness()).code).toBe(503));
    await audit.nats.restart();
    const commandId = id();
    await eventually(() => recordCommands(audit.connection, refused(commandId)));
    await isStored(commandId, 'refused');
    await eventually(async () => expect((await readiness()).code).toBe(200));
  });

  it('makes its place again when somebody deletes it, and stores nothing twice', async () => {
    const count = async () =>
      z
        .array(z.object({ rows: z.number() }))
        .parse(await audit.store.rows('SELECT count() AS rows FROM drawbridge.commands FINAL'))[0]
        ?.rows ?? 0;
    const before = await count();
    await audit.connection.manager.consumers.delete('COMMANDS', 'audit');
    const commandId = id();
    await recordCommands(audit.connection, refused(commandId));
    await isStored(commandId, 'refused');
    await eventually(async () => expect((await readiness()).figures['commandsLag']).toBe(0));
    expect(await count()).toBe(before + 1);
  });
});

describe('a message with many records', () => {
  it('is one row per command, whatever else is on the stream', async () => {
    const [single, ...ids] = Array.from({ length: 300 }, id);
    await publish(`drawbridge.commands.prod-eks.${grantId}`, JSON.stringify(refused(single!)));
    await recordCommands(
      audit.connection,
      ...ids.flatMap((commandId) => [started(commandId), ended(commandId)]),
    );
    await isStored(single!, 'refused');
    for (const commandId of ids.slice(-3)) await isStored(commandId, 'completed');
    expect(
      await audit.store.rows(
        `SELECT count() AS rows, uniqExact(command_id) AS ids FROM drawbridge.commands FINAL WHERE has([${ids.map((one) => `'${one}'`).join(',')}], toString(command_id)) AND outcome = 'completed' AND decided_at IS NOT NULL`,
      ),
    ).toEqual([{ rows: 299, ids: 299 }]);
  });

  it('keeps its good lines when others cannot be read: those are parked, each alone', async () => {
    const parkedBefore = (await readiness()).figures['parked'] ?? 0;
    const [first, last] = [id(), id()];
    const noTime = JSON.stringify(started('919108f7-52d1-4320-9bac-f847db4148a8'));
    const tooLarge = JSON.stringify({ ...ended(id()), statusCode: -70_000 });
    const lines = [JSON.stringify(refused(first)), 'not json', '', noTime, tooLarge];
    const bytes = Buffer.concat([
      Buffer.from(`${lines.join('\n')}\n`),
      Buffer.from([0xff, 0x0a]),
      Buffer.from(JSON.stringify(refused(last))),
    ]);
    const { seq } = await publishBatch(bytes);
    await isStored(first, 'refused');
    await isStored(last, 'refused');
    await eventually(async () =>
      expect((await readiness()).figures['parked']).toBe(parkedBefore + 5),
    );
    const found = [];
    const { state } = await audit.connection.manager.streams.info(PARKED_STREAM);
    for (let parked = state.last_seq - 4; parked <= state.last_seq; parked += 1) {
      const message = await audit.connection.manager.streams.getMessage(PARKED_STREAM, {
        seq: parked,
      });
      expect(message?.header.get(ParkedHeaders.sequence)).toBe(String(seq));
      found.push([
        message?.header.get(ParkedHeaders.line),
        message?.header.get(ParkedHeaders.code),
        Buffer.from(message?.data ?? []).toString('latin1'),
      ]);
    }
    expect(found.toSorted()).toEqual([
      ['1', 'record_unreadable', 'not json'],
      ['2', 'record_unreadable', ''],
      ['3', 'command_id_not_v7', noTime],
      ['4', 'record_unreadable', tooLarge],
      ['5', 'record_unreadable', '\xff'],
    ]);
  });

  it('without a line is parked whole, not passed over', async () => {
    const parkedBefore = (await readiness()).figures['parked'] ?? 0;
    await publishBatch(new Uint8Array());
    await eventually(async () =>
      expect((await readiness()).figures['parked']).toBe(parkedBefore + 1),
    );
  });

  it('is taken in parts of bounded size', async () => {
    const sizes: number[] = [];
    const { client } = audit.store;
    const counting: unknown = Object.assign(Object.create(client) as object, {
      insert: (params: Parameters<ClickHouseClient['insert']>[0]) => {
        const isOfMessages = params.table.endsWith('.stream_messages');
        if (isOfMessages && Array.isArray(params.values)) sizes.push(params.values.length);
        return client.insert(params);
      },
      close: () => Promise.resolve(),
    });
    // What is published while audit is away waits for it all at once.
    await audit.pause();
    const ids = Array.from({ length: 40 * 100 }, id);
    for (let from = 0; from < ids.length; from += 100) {
      const some = ids.slice(from, from + 100).map((commandId) => refused(commandId));
      await recordCommands(audit.connection, ...some);
    }
    await audit.restart(counting as ClickHouseClient, { maxMessages: 10, maxBytes: 100_000 });
    await isStored(ids.at(-1)!, 'refused');
    await eventually(async () => expect((await readiness()).figures['commandsLag']).toBe(0));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(40);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(10);
    await audit.restart();
  });
});

describe('a message that cannot be stored', () => {
  const on = `drawbridge.commands.prod-eks.${grantId}`;

  it.each<[string, { on: string; bytes: string | Uint8Array }, string]>([
    ['no JSON', { on, bytes: 'not json' }, 'record_unreadable'],
    ['not UTF-8', { on, bytes: new Uint8Array([0xff, 0xfe, 0x7b]) }, 'record_unreadable'],
    ['of another shape', { on, bytes: '{"type":"CommandStarted"}' }, 'record_unreadable'],
    ['empty', { on, bytes: '' }, 'record_unreadable'],
    [
      'with a command id that has no time',
      { on, bytes: JSON.stringify(started('919108f7-52d1-4320-9bac-f847db4148a8')) },
      'command_id_not_v7',
    ],
    [
      'with a number that no column holds',
      {
        on,
        bytes: JSON.stringify({
          ...ended(commandIdAt('2026-01-05T09:00:00Z')),
          requestBytes: -5.5e20,
        }),
      },
      'record_unreadable',
    ],
    [
      'with a status that no column holds',
      {
        on,
        bytes: JSON.stringify({
          ...ended(commandIdAt('2026-01-05T09:00:00Z')),
          statusCode: -70_000,
        }),
      },
      'record_unreadable',
    ],
    ['of no event', { on: 'drawbridge.access.abc', bytes: '{}' }, 'record_unreadable'],
  ])('is parked, and what came with it is stored: %s', async (_, message, code) => {
    const parkedBefore = (await readiness()).figures['parked'] ?? 0;
    const [before, after] = [id(), id()];
    await recordCommands(audit.connection, refused(before));
    const { seq, stream } = await publish(message.on, message.bytes);
    await recordCommands(audit.connection, refused(after));
    await isStored(before, 'refused');
    await isStored(after, 'refused');
    await eventually(async () =>
      expect((await readiness()).figures['parked']).toBe(parkedBefore + 1),
    );
    const parked = await audit.connection.manager.streams.getMessage(PARKED_STREAM, {
      last_by_subj: 'drawbridge.parked.audit',
    });
    expect(parked?.header.get(ParkedHeaders.code)).toBe(code);
    expect(parked?.header.get(ParkedHeaders.stream)).toBe(stream);
    expect(parked?.header.get(ParkedHeaders.sequence)).toBe(String(seq));
    expect(Buffer.from(parked?.data ?? [])).toEqual(Buffer.from(message.bytes));
  });
});
