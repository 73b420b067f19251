import { describe, expect, it } from 'vitest';
import { TokenRefused } from '@drawbridge/token';
import type { CallOutcome } from '../domain/call-outcome.js';
import { CallRefused } from '../domain/call-refused.js';
import { parseKubeRequest } from '../domain/kube-request.js';
import { admit } from './admit.js';
import type { Authenticated } from './authenticate.js';

const done: CallOutcome = {
  outcome: 'completed',
  statusCode: 200,
  requestBytes: 0,
  responseBytes: 0,
};
const call = (destroyed: boolean) =>
  ({
    agent: { kind: 'agent', issuer: 'https://idp.test', subject: 'a', groups: [] },
    kube: parseKubeRequest('GET', '/api/v1/pods'),
    answer: { destroyed },
    ends: [],
  }) as unknown as Authenticated;

/** The step with limits that say how long to wait, and what happens in which order. */
function admitting(turn: () => number, recheck: () => Promise<void> = () => Promise.resolve()) {
  const events: string[] = [];
  const step = admit({
    limits: {
      enter: () => {
        events.push('enter');
        return { slot: 1, generation: 1 };
      },
      turn,
      leave: () => void events.push('leave'),
    },
    recheck: () => {
      events.push('recheck');
      return recheck();
    },
  });
  const goOn = step(() => {
    events.push('go on');
    return Promise.resolve(done);
  });
  const handle = async (taken: Authenticated) => {
    try {
      return await goOn(taken);
    } finally {
      for (const end of taken.ends) end();
    }
  };
  return { events, handle };
}

describe('T25 a call', () => {
  it('within its rate goes on at once', async () => {
    const { events, handle } = admitting(() => 0);
    expect(await handle(call(false))).toBe(done);
    expect(events).toStrictEqual(['enter', 'go on', 'leave']);
  });

  it('above its rate waits, counted, and is looked at again', async () => {
    const { events, handle } = admitting(() => 1);
    expect(await handle(call(false))).toBe(done);
    expect(events).toStrictEqual(['enter', 'recheck', 'go on', 'leave']);
  });

  it('too far above is counted out again', async () => {
    const refusal = new CallRefused('too_many_requests', 'x');
    const { events, handle } = admitting(() => {
      throw refusal;
    });
    await expect(handle(call(false))).rejects.toBe(refusal);
    expect(events).toStrictEqual(['enter', 'leave']);
  });

  it('whose client left while it waited goes nowhere', async () => {
    const { events, handle } = admitting(() => 1);
    expect(await handle(call(true))).toMatchObject({ outcome: 'client_gone' });
    expect(events).toStrictEqual(['enter', 'leave']);
  });

  it('whose token was withdrawn while it waited is refused', async () => {
    const refusal = new TokenRefused('token_issuer_unknown', 'x');
    const { events, handle } = admitting(
      () => 1,
      () => Promise.reject(refusal),
    );
    await expect(handle(call(false))).rejects.toBe(refusal);
    expect(events).toStrictEqual(['enter', 'recheck', 'leave']);
  });
});
