import { describe, expect, it } from 'vitest';
import type { AuditReader } from '../policy-diff/audit-reader.js';
import { RecordReader } from './record-reader.js';

const seal = { note: 'x', frontier: [], links: '' };
const message = (sequence: number) => ({
  sequence,
  subject: 'a',
  storedAt: '2026-01-05T09:00:00.000Z',
  data: '',
});
const stamp = { note: 'x', position: 1, reply: '' };
const rebuilt = (sequence: number) => ({
  ...{ sequence, subject: 'a', storedAt: '2026-01-05T09:00:00.000Z' },
  ...{ lines: 0, bytes: 0, digest: '', form: '', parts: [] },
});

/** Answers every question in the same way, for ever. */
const lying = (answer: (from: number) => object) =>
  new RecordReader({
    call: (_path: string, query: { from?: string; after?: string }) =>
      Promise.resolve(answer(Number(query.from ?? query.after))),
  } as unknown as AuditReader);

async function count(items: AsyncGenerator): Promise<number> {
  let read = 0;
  while ((await items.next()).done !== true) read += 1;
  return read;
}
const rows = (reader: RecordReader) => reader.rebuilt('ACCESS', () => undefined);

describe('pages of an audit that has no end', () => {
  it.each([
    [
      'go back',
      () =>
        count(lying(() => ({ messages: [message(1)], firstKept: 1, next: 1 })).messages('ACCESS')),
      /messages of ACCESS .* page from 1, the next begins at 1/,
    ],
    [
      'have nothing, and go on',
      () => count(lying((from) => ({ seals: [], next: from + 1 })).seals('ACCESS', 9)),
      /seals of ACCESS .* page from 0, it has nothing/,
    ],
    [
      'have more seals than the log',
      () => count(lying((from) => ({ seals: [seal], next: from + 1 })).seals('ACCESS', 9)),
      /page from 9, there are more than 9/,
    ],
    [
      'have more timestamps than the log has seals',
      () => count(lying((from) => ({ items: [stamp], next: from + 1 })).timestamps('ACCESS', 9)),
      /timestamps of ACCESS .* there are more than 9/,
    ],
    [
      'have what belongs elsewhere',
      () =>
        count(
          lying((from) => ({ messages: [message(1)], firstKept: 1, next: from + 1 })).messages(
            'ACCESS',
          ),
        ),
      /page from 2, 1 does not stand in it/,
    ],
    [
      'have rows that belong behind them',
      () =>
        count(
          rows(
            lying((from) => ({
              messages: [rebuilt(from + 1)],
              storedUpTo: 1,
              retentionDays: 1,
              next: from + 1,
            })),
          ),
        ),
      /rows of ACCESS .* page from 1, 2 does not stand in it/,
    ],
  ])('%s: it is said which', async (_, read, text) => {
    await expect(read()).rejects.toMatchObject({
      code: 'record_endless',
      message: expect.stringMatching(text) as string,
    });
  });

  it('are read to their end, when they have one', async () => {
    const reader = lying((after) => ({ seals: [seal], ...(after < 8 ? { next: after + 1 } : {}) }));
    expect(await count(reader.seals('ACCESS', 9))).toBe(9);
  });
});
