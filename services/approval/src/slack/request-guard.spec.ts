import { createHmac } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Request, Response } from 'express';
import { describe, expect, it, vi } from 'vitest';
import { requestGuard } from './request-guard.js';
import { SlackJudge } from './slack-judge.js';

const signingSecret = 'shared with Slack';
const now = new Date('2026-01-05T09:00:00.000Z');
const quiet = { log: vi.fn(), warn: vi.fn(), error: vi.fn() };
const seconds = String(now.getTime() / 1000);

/** @returns the status that Slack gets; `undefined` for what is let through */
async function sent(
  guard: ReturnType<typeof requestGuard>,
  { type, body }: { readonly type: string; readonly body: string },
): Promise<number | undefined> {
  const mac = createHmac('sha256', signingSecret).update(`v0:${seconds}:${body}`).digest('hex');
  const headers: Readonly<Record<string, string>> = {
    'content-type': type,
    'x-slack-request-timestamp': seconds,
    'x-slack-signature': `v0=${mac}`,
  };
  const request = Object.assign(Readable.from([Buffer.from(body)]), {
    get: (name: string) => headers[name],
  });
  let status: number | undefined;
  const response = {
    setHeader: vi.fn(),
    status: (code: number) => {
      status = code;
      return { end: vi.fn() };
    },
  };
  const pass = vi.fn();
  await guard(request as unknown as Request, response as unknown as Response, pass);
  expect(pass).toHaveBeenCalledTimes(status === undefined ? 1 : 0);
  return status;
}

const envelope = { team_id: 'T1', api_app_id: 'A1' };
const message = (index: number, more: object = {}) => ({
  type: 'application/json',
  body: JSON.stringify({
    ...envelope,
    type: 'event_callback',
    event_id: `Ev${index}`,
    event: { type: 'message', user: 'U1', channel: 'C1', ts: `${index}.0`, text: 'hi', ...more },
  }),
});
const command = {
  type: 'application/x-www-form-urlencoded',
  body: new URLSearchParams({
    ...envelope,
    command: '/drawbridge',
    text: 'list',
    user_id: 'U1',
    trigger_id: '1.2.3',
    response_url: 'https://hooks.slack.com/commands/1',
  }).toString(),
};

describe('the guard before Slack', () => {
  it.each([
    ['in the channel', {}, 200],
    ['in threads', { thread_ts: '1.0' }, undefined],
  ])('takes what people order, however much is said %s', async (_, more, told) => {
    const clock = () => now;
    const judge = new SlackJudge({ teamId: 'T1', capacity: 10, clock });
    const guard = requestGuard({ signingSecret, judge, clock, logger: quiet });
    expect(await sent(guard, message(0, more))).toBe(told);
    for (let index = 1; index < 20; index += 1) await sent(guard, message(index, more));
    expect(await sent(guard, command)).toBeUndefined();
    expect(await sent(guard, command)).toBe(409);
  });
});
