import type { JsMsg } from '@nats-io/jetstream';
import { describe, expect, it } from 'vitest';
import { RecordRefused } from '../domain/record-refused.js';
import { recordBatch, type Recording } from './record-batch.js';
import { wholeMessage } from './source.js';

const columns = { command_id: 'id', received_at: 'at', connection: 'prod-eks' };
const message = (seq: number) => ({ seq, data: new Uint8Array() }) as JsMsg;
const batch = [1, 2, 3, 4, 5, 6, 7].map(message);

/** A store that refuses some rows for ever, and what came of each message. */
function surroundings({ unreadable = [] as number[], unstorable = [] as number[] }) {
  const stored: number[] = [];
  const parked: [number, string][] = [];
  const noted: (readonly [number, number])[] = [];
  const recording: Recording = {
    sourcesOf: wholeMessage,
    rowOf: ({ message: { seq } }) => {
      if (unreadable.includes(seq)) throw new RecordRefused('record_unreadable', 'no event');
      return { table: 'commands', columns: { ...columns, method: String(seq) } };
    },
    insert: (_, rows) => {
      const sequences = rows.map(({ source }) => source.message.seq);
      if (sequences.some((sequence) => unstorable.includes(sequence))) {
        return Promise.reject(new RecordRefused('record_not_storable', 'no'));
      }
      stored.push(...sequences);
      return Promise.resolve();
    },
    insertMessages: (messages) => {
      noted.push(
        ...messages.map(({ message: { seq }, parked: lines }) => [seq, lines.length] as const),
      );
      return Promise.resolve();
    },
    park: ({ message: { seq } }, code) => {
      parked.push([seq, code]);
      return Promise.resolve();
    },
  };
  return { recording, stored, parked, noted };
}

describe('recording a batch', () => {
  it('inserts everything at once', async () => {
    const { recording, stored, parked } = surroundings({});
    await recordBatch(recording, batch);
    expect({ stored, parked }).toEqual({ stored: [1, 2, 3, 4, 5, 6, 7], parked: [] });
  });

  it('inserts long ones in parts, the same whenever it comes, and notes all messages behind them', async () => {
    const mebibytes = [1, 2, 3, 4, 5, 6, 7].map(
      (seq) => ({ seq, data: new Uint8Array(1_048_576) }) as JsMsg,
    );
    const parts: (readonly number[])[] = [];
    const { recording } = surroundings({});
    const noting: Recording = {
      ...recording,
      insert: (_, rows) => {
        parts.push(rows.map(({ source }) => source.message.seq));
        return Promise.resolve();
      },
      insertMessages: (messages) => {
        parts.push(messages.map(({ message: { seq } }) => -seq));
        return Promise.resolve();
      },
    };
    await recordBatch(noting, mebibytes);
    await recordBatch(noting, mebibytes);
    const once = [
      [1, 2, 3, 4],
      [5, 6, 7],
      [-1, -2, -3, -4, -5, -6, -7],
    ];
    expect(parts).toEqual([...once, ...once]);
  });

  it('parks what cannot be read and what can never be stored, and only that', async () => {
    const { recording, stored, parked, noted } = surroundings({
      unreadable: [2],
      unstorable: [5, 6],
    });
    await recordBatch(recording, batch);
    expect(stored).toEqual([1, 3, 4, 7]);
    expect(new Map(noted)).toEqual(
      new Map([1, 2, 3, 4, 5, 6, 7].map((seq) => [seq, [2, 5, 6].includes(seq) ? 1 : 0])),
    );
    expect(parked).toEqual([
      [2, 'record_unreadable'],
      [5, 'record_not_storable'],
      [6, 'record_not_storable'],
    ]);
  });

  it('parks all of a batch of which nothing can be stored', async () => {
    const { recording, stored, parked } = surroundings({ unstorable: [1, 2, 3, 4, 5, 6, 7] });
    await recordBatch(recording, batch);
    expect(stored).toEqual([]);
    expect(parked.map(([seq]) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('fails as a whole, and parks nothing, when the store is away', async () => {
    const { recording, parked, noted } = surroundings({});
    const away = { ...recording, insert: () => Promise.reject(new Error('connection refused')) };
    await expect(recordBatch(away, batch)).rejects.toThrow('connection refused');
    expect([...parked, ...noted]).toEqual([]);
  });

  it('fails as a whole when a message cannot be parked now', async () => {
    const { recording, stored } = surroundings({ unreadable: [7] });
    const away = { ...recording, park: () => Promise.reject(new Error('NATS is away')) };
    await expect(recordBatch(away, batch)).rejects.toThrow('NATS is away');
    expect(stored).toEqual([]);
  });
});
