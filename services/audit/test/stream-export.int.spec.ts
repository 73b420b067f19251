import { connectJetStream, recordCommands, type JetStreamConnection } from '@drawbridge/jetstream';
import { eventually, startNats, type TestNats } from '@drawbridge/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SinkFailed, type ExportBatch, type Sink } from '../src/sinks/sink.js';
import type { TakenPlace } from '../src/sinks/deliver-batch.js';
import { StreamExport, type GivenUp, type StreamPlace } from '../src/sinks/stream-export.js';
import { StreamReader } from '../src/sinks/stream-reader.js';
import { commandIdAt, refused } from './sample-records.js';

const SUBJECT = 'drawbridge.commands._batch.test';
const at = '2026-01-05T09:00:00.000Z';

let nats: TestNats;
let connection: JetStreamConnection;
beforeAll(async () => {
  nats = await startNats();
  connection = await connectJetStream({ servers: nats.servers, name: 'test' });
});
afterAll(async () => {
  await connection.close();
  await nats.stop();
});

/** A stream like `COMMANDS`, of which messages can be deleted here as age deletes them there. */
beforeEach(async () => {
  await connection.manager.streams.delete('COMMANDS').catch(() => undefined);
  await connection.manager.streams.add({ name: 'COMMANDS', subjects: ['drawbridge.commands.>'] });
});

const publish = async (count: number) => {
  for (let n = 0; n < count; n += 1) {
    await connection.jetstream.publish(SUBJECT, JSON.stringify(refused(commandIdAt(at))));
  }
};
const remove = (...sequences: readonly number[]) =>
  Promise.all(
    sequences.map((sequence) => connection.manager.streams.deleteMessage('COMMANDS', sequence)),
  );

interface Begin {
  position?: number;
  intended?: number | undefined;
  taken?: TakenPlace | undefined;
}

interface World {
  readonly batches: ExportBatch[];
  readonly failures: unknown[];
  readonly given: GivenUp[];
  readonly place: Begin & { position: number };
  stop(): Promise<void>;
}

/** An export that runs, with a sink and a place in memory. */
function run(sink: Partial<Sink> = {}, begin: Begin = {}): World {
  const place = { ...begin, position: begin.position ?? 0 };
  const kept: StreamPlace = {
    get position() {
      return place.position;
    },
    get intended() {
      return place.intended;
    },
    get taken() {
      return place.taken;
    },
    intend: (sequence) => Promise.resolve(void (place.intended = sequence)),
    advance: (sequence, taken) => {
      place.position = sequence;
      place.intended = undefined;
      place.taken = taken ?? place.taken;
      return Promise.resolve();
    },
  };
  const [batches, failures, given] = [[] as ExportBatch[], [] as unknown[], [] as GivenUp[]];
  const stopping = new AbortController();
  const running = new StreamExport({
    sink: {
      limits: { maxRecords: 10_000, maxBytes: 10_000_000, lingerMs: 10 },
      namesBatches: false,
      deliver: (batch) => Promise.resolve(void batches.push(batch)),
      ...sink,
    },
    place: kept,
    reader: new StreamReader(connection, 'COMMANDS'),
    clock: () => new Date(at),
    isWanted: () => true,
    giveUp: (one) => Promise.resolve(void given.push(one)),
    onFailure: (error, retryMs) => failures.push({ error, retryMs }),
    onSuccess: () => undefined,
  }).run(stopping.signal);
  return {
    ...{ batches, failures, given, place },
    stop: () => {
      stopping.abort();
      return running;
    },
  };
}

const told = (world: World) =>
  world.batches.flatMap(({ records }) => records.map(({ type, sequence }) => [type, sequence]));
const refusals = (...sequences: readonly number[]) =>
  sequences.map((sequence) => ['CommandRefused', sequence]);
const reaches = (world: World, position: number) =>
  eventually(() => expect(world.place.position).toBe(position));

describe('a stream that is told to a sink', () => {
  it('is told with what it has no more: the sink hears of the gap', async () => {
    await publish(6);
    await remove(1, 2, 3);
    const world = run();
    await reaches(world, 6);
    await world.stop();
    expect(told(world)).toEqual([['ExportGap', 3], ...refusals(4, 5, 6)]);
    expect(world.batches[0]?.records[0]?.fields).toEqual({
      ...{ type: 'ExportGap', at, stream: 'COMMANDS', from: 1, to: 3 },
    });
    expect(world.failures).toEqual([]);
  });

  it('is told of holes in its middle, however many', async () => {
    await publish(8);
    await remove(3, 5, 6);
    const world = run();
    await reaches(world, 8);
    await world.stop();
    expect(told(world)).toEqual([
      ...refusals(1, 2),
      ['ExportGap', 3],
      ...refusals(4),
      ['ExportGap', 6],
      ...refusals(7, 8),
    ]);
  });

  it('is read again when messages were lost on their way', async () => {
    const world = run();
    const consumer = await eventually(async () => {
      for await (const { name } of connection.manager.consumers.list('COMMANDS')) return name;
      throw new Error('there is no consumer yet');
    });
    // Somebody else is given what was meant for the sink.
    const thief = await connection.jetstream.consumers.get('COMMANDS', consumer);
    const stolen = await thief.fetch({ max_messages: 3, expires: 30_000 });
    const taken: number[] = [];
    const stealing = (async () => {
      for await (const message of stolen) taken.push(message.seq);
    })();
    await publish(12);
    await stealing;
    expect(taken).toHaveLength(3);
    await reaches(world, 12);
    await world.stop();
    expect(told(world)).toEqual(refusals(...Array.from({ length: 12 }, (_, n) => n + 1)));
  });

  it('is told in the batch that was begun before, and then in others', async () => {
    await publish(7);
    const world = run({ namesBatches: true }, { position: 2, intended: 5 });
    await reaches(world, 7);
    await world.stop();
    expect(world.batches.map(({ first, last }) => [first, last])).toEqual([
      [3, 5],
      [6, 7],
    ]);
  });

  it('is told again from where it was when a delivery fails, in the same batch when that has a name', async () => {
    const seen: [number, number][] = [];
    let attempts = 0;
    const deliver = ({ first, last }: ExportBatch): Promise<void> => {
      seen.push([first, last]);
      attempts += 1;
      return attempts === 1 ? Promise.reject(new Error('away')) : Promise.resolve();
    };
    await publish(3);
    const world = run({ namesBatches: true, deliver });
    await eventually(() => expect(attempts).toBe(1));
    await publish(3);
    await reaches(world, 6);
    await world.stop();
    expect(seen[1]).toEqual(seen[0]);
    expect(seen.at(-1)?.[1]).toBe(6);
    expect(world.failures).toHaveLength(1);
  });

  it('is not told again before the other side wants it, and after an hour at the latest', async () => {
    const busy = (retryAfterMs: number) =>
      Object.assign(new SinkFailed('sink_unavailable', 'busy'), { retryAfterMs });
    await publish(1);
    for (const [asked, waits] of [
      [90_000, 90_000],
      [1e12, 3_600_000],
      [1, 500],
    ] as const) {
      const world = run({ deliver: () => Promise.reject(busy(asked)) });
      await eventually(() => expect(world.failures[0]).toMatchObject({ retryMs: waits }));
      await world.stop();
    }
  });

  it('is told in parts of bounded size, which end with a message', async () => {
    const limits = { maxRecords: 20, maxBytes: 10_000_000, lingerMs: 0 };
    for (let n = 0; n < 40; n += 1) {
      const lines = Array.from({ length: 5 }, () => refused(commandIdAt(at)));
      await recordCommands(connection, ...lines);
    }
    const world = run({ limits });
    await reaches(world, 40);
    await world.stop();
    expect(world.batches.length).toBeGreaterThan(1);
    for (const { records } of world.batches) expect(records.length).toBeLessThanOrEqual(100);
    expect(world.batches.flatMap(({ records }) => records)).toHaveLength(200);
  });

  describe('when all of a batch is refused by a sink that has just begun to be told', () => {
    /** Takes what stands before a place in the stream, and says what it was asked. */
    const refusing = (from: number) => {
      const asked: number[][] = [];
      const deliver = ({ records }: ExportBatch): Promise<void> => {
        asked.push(records.map(({ sequence }) => sequence));
        const isBad = records.some(({ sequence }) => sequence >= from);
        return isBad
          ? Promise.reject(new SinkFailed('sink_refused', 'it answered 400'))
          : Promise.resolve();
      };
      return { asked, deliver };
    };

    it('goes on behind it by what it took before, once, and is told of what comes', async () => {
      for (const count of [2, 3]) {
        const lines = Array.from({ length: count }, () => refused(commandIdAt(at)));
        await recordCommands(connection, ...lines);
      }
      const before = run();
      await reaches(before, (await connection.manager.streams.info('COMMANDS')).state.last_seq);
      await before.stop();
      const { position, taken } = before.place;
      expect(taken?.sequence).toBe(position);
      await publish(3);
      const { asked, deliver } = refusing(position + 1);
      const world = run({ deliver }, { position, taken });
      await reaches(world, position + 3);
      await world.stop();
      const given = world.given.map(({ code, message }) => [code, message.seq]);
      expect(given).toEqual([1, 2, 3].map((n) => ['sink_refused', position + n]));
      expect(asked.filter(([first]) => first === position)).toEqual([[position]]);
      expect(world.place.taken).toEqual(taken);
    });

    it.each([
      ['nothing of the stream was ever taken', undefined],
      ['what was taken is not there any more', { sequence: 1, line: 0 }],
      ['what was taken stood in a stream that was made anew', { sequence: 9, line: 0 }],
      ['it refuses that now, too', { sequence: 2, line: 0 }],
    ])('waits, and gives up nothing: %s', async (_, taken) => {
      await publish(5);
      await remove(1);
      const { asked, deliver } = refusing(taken?.sequence === 2 ? 0 : 3);
      const world = run({ deliver }, { position: 2, ...(taken && { taken }) });
      await eventually(() => expect(world.failures.length).toBeGreaterThan(1));
      await world.stop();
      expect(world.failures[0]).toMatchObject({ error: { code: 'sink_refused' } });
      expect(world.given).toEqual([]);
      expect(world.place.position).toBe(2);
      // It is told of the same again, from where it was.
      expect(asked.filter(([first]) => first === 3).length).toBeGreaterThan(1);
    });
  });

  it('ends at once when it is told to, also while nothing happens', async () => {
    const world = run();
    await eventually(async () => {
      const { state } = await connection.manager.streams.info('COMMANDS');
      expect(state.consumer_count).toBe(1);
    });
    await world.stop();
    const { state } = await connection.manager.streams.info('COMMANDS');
    expect(state.consumer_count).toBe(0);
  });
});
