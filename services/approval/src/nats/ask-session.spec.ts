import { describe, expect, it, vi } from 'vitest';
import { askSession } from './ask-session.js';

const numbers = { calls: 14, changes: 1, refused: 0 };
const question = {
  grantId: '018f0000-0000-7000-8000-00000000aaaa',
  connection: 'prod-eks',
  agent: { issuer: 'https://idp.test', subject: 'agent' },
  startsAt: '2026-01-05T09:00:00.000Z',
  endedAt: '2026-01-05T09:02:10.000Z',
};

/** Audit that answers so, one after the other; the last one again and again. */
function audit(...answers: readonly unknown[]) {
  const asked: unknown[] = [];
  const request = vi.fn((_subject: string, body: string) => {
    asked.push(JSON.parse(body));
    const answer = answers[Math.min(asked.length, answers.length) - 1];
    if (answer instanceof Error) return Promise.reject(answer);
    return Promise.resolve({ json: () => answer });
  });
  const warn = vi.fn();
  const connection = { nats: { request } } as unknown as Parameters<typeof askSession>[0];
  const logger = { log: warn, warn, error: warn };
  const paused: number[] = [];
  const ask = askSession(connection, logger, (ms) => {
    paused.push(ms);
    return Promise.resolve();
  });
  return { ask: () => ask(question), asked, paused, warn };
}

describe('what was done by a grant', () => {
  it('is what audit says', async () => {
    const { ask, asked } = audit({ position: 7, numbers });
    expect(await ask()).toStrictEqual(numbers);
    expect(asked).toStrictEqual([question]);
  });

  it('is asked for until its record reaches as far as at first', async () => {
    const { ask, asked } = audit({ position: 7 }, { position: 7 }, { position: 7, numbers });
    expect(await ask()).toStrictEqual(numbers);
    expect(asked).toStrictEqual([
      question,
      { ...question, position: 7 },
      { ...question, position: 7 },
    ]);
  });

  it('is not known when audit has not caught up after five times', async () => {
    const { ask, asked, paused } = audit({ position: 7 });
    expect(await ask()).toBeUndefined();
    expect(asked).toHaveLength(5);
    expect(paused.reduce((sum, ms) => sum + ms, 0)).toBeLessThan(10_000);
  });

  it.each([
    ['nobody answers', new Error('no responders')],
    ['the answer cannot be read', { numbers: 14 }],
    ['a number is none', { position: 1, numbers: { ...numbers, calls: -1 } }],
  ])('is not known when %s', async (_what, answer) => {
    const { ask, asked, warn } = audit(answer);
    expect(await ask()).toBeUndefined();
    expect(asked).toHaveLength(1);
    expect(warn).toHaveBeenCalledTimes(1);
  });
});
