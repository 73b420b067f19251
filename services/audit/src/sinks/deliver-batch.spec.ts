import { describe, expect, it } from 'vitest';
import { exported } from '../../test/sample-exports.js';
import { deliverBatch as deliverKnowing, TakenRecord } from './deliver-batch.js';
import { SinkFailed, type ExportBatch } from './sink.js';

const records = Array.from({ length: 500 }, (_, line) =>
  exported({ type: 'Some', at: '2026-01-05T09:00:00Z', line }, { line }),
);
const batch = (count: number): ExportBatch => ({
  stream: 'COMMANDS',
  first: 7,
  last: 7,
  firstStoredAt: new Date('2026-01-05T09:00:00Z'),
  records: records.slice(0, count),
});
const deliverBatch = (
  sink: Parameters<typeof deliverKnowing>[0],
  given: ExportBatch,
  known = new TakenRecord(),
) => deliverKnowing(sink, given, known);
const refuse = () => Promise.reject(new SinkFailed('sink_refused', 'it answered 400'));

/** A sink that refuses every batch in which one of these lines is. */
function sinkThatRefuses(...lines: readonly number[]) {
  const [taken, calls] = [[] as number[], [] as number[]];
  const deliver = (given: ExportBatch): Promise<void> => {
    calls.push(given.records.length);
    if (given.records.some(({ line }) => lines.includes(line))) return refuse();
    taken.push(...given.records.map(({ line }) => line));
    return Promise.resolve();
  };
  return { deliver, taken, calls };
}

describe('delivering a batch', () => {
  it('is one call when all goes well', async () => {
    const sink = sinkThatRefuses();
    expect(await deliverBatch(sink, batch(500))).toEqual([]);
    expect(sink.calls).toEqual([500]);
  });

  it.each([[[0]], [[499]], [[250]], [[0, 1, 2]], [[7, 300, 301, 499]]])(
    'finds the records that are refused, and tells all others in their order: %j',
    async (lines) => {
      const sink = sinkThatRefuses(...lines);
      const refused = await deliverBatch(sink, batch(500));
      expect(refused.map(({ line }) => line)).toEqual(lines);
      const others = records.map(({ line }) => line).filter((line) => !lines.includes(line));
      expect(sink.taken).toEqual(others);
    },
  );

  it('takes a receiver that refuses everything for one that is broken, and soon', async () => {
    let calls = 0;
    const deliver = () => ((calls += 1), refuse());
    await expect(deliverBatch({ deliver }, batch(500))).rejects.toMatchObject({
      code: 'sink_refused',
    });
    expect(calls).toBeLessThan(25);
  });

  it.each([1, 2, 3])('gives up nothing of %i records that are all refused', async (count) => {
    const sink = sinkThatRefuses(0, 1, 2);
    await expect(deliverBatch(sink, batch(count))).rejects.toThrow(SinkFailed);
  });

  it.each([1, 20, 500])(
    'gives up %i records that are all refused when it takes again what it took before',
    async (count) => {
      const sink = sinkThatRefuses(...records.map(({ line }) => line).slice(0, count));
      const known = new TakenRecord();
      known.note({
        ...batch(1),
        records: [exported({ type: 'Good', at: '2026-01-05T09:00:00Z' }, { line: 501 })],
      });
      const refused = await deliverBatch(sink, batch(count), known);
      expect(refused).toStrictEqual(records.slice(0, count));
      // Once, however many are refused.
      expect(sink.taken).toStrictEqual([501]);
    },
  );

  it('finds the good ones behind many that are refused when it took others before', async () => {
    const known = new TakenRecord();
    await deliverBatch(sinkThatRefuses(), batch(1), known);
    const lines = records.map(({ line }) => line).slice(1, 400);
    const sink = sinkThatRefuses(...lines);
    const given = { ...batch(500), records: records.slice(1) };
    expect((await deliverBatch(sink, given, known)).map(({ line }) => line)).toEqual(lines);
    expect(sink.taken).toEqual([0, ...records.map(({ line }) => line).slice(400)]);
  });

  it('gives up nothing when it refuses now what it took before', async () => {
    const known = new TakenRecord();
    await deliverBatch(sinkThatRefuses(), batch(3), known);
    await expect(deliverBatch({ deliver: refuse }, batch(3), known)).rejects.toThrow(SinkFailed);
  });

  it.each([1, 5, 9, 12, 16])(
    'gives up nothing when the receiver is mended after %i refusals: all is told again, in its order',
    async (refusals) => {
      let calls = 0;
      const taken: number[] = [];
      const deliver = (given: ExportBatch): Promise<void> => {
        calls += 1;
        if (calls <= refusals) return refuse();
        taken.push(...given.records.map(({ line }) => line));
        return Promise.resolve();
      };
      const told = async () => {
        for (;;) {
          try {
            return await deliverBatch({ deliver }, batch(100));
          } catch (error) {
            expect(error).toBeInstanceOf(SinkFailed);
          }
        }
      };
      expect(await told()).toEqual([]);
      expect(taken.slice(-100)).toEqual(records.slice(0, 100).map(({ line }) => line));
    },
  );

  it('passes any other trouble on', async () => {
    const away = new SinkFailed('sink_unavailable', 'away');
    const deliver = () => Promise.reject(away);
    await expect(deliverBatch({ deliver }, batch(9))).rejects.toBe(away);
  });
});
