import { EventEmitter } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { collectAnswer, type CollectLimits } from './collect-answer.js';
import type { UpstreamListener, UpstreamRequest } from './upstream.js';

const request: UpstreamRequest = {
  method: 'GET',
  target: '/api',
  headers: [],
  body: null,
  longRunning: false,
};
const limits: CollectLimits = { answerMs: 60_000, maxBytes: 10 };

/** @param said - at once; what comes later comes by the listener */
function upstream(said: (listener: UpstreamListener) => void = () => undefined) {
  const state = { sent: 0, aborted: 0, listener: undefined as UpstreamListener | undefined };
  const flow = {
    pause: () => undefined,
    resume: () => undefined,
    abort: () => void (state.aborted += 1),
  };
  const send = (_request: UpstreamRequest, listener: UpstreamListener) => {
    state.sent += 1;
    state.listener = listener;
    said(listener);
    return flow;
  };
  return { state, send };
}

class Client extends EventEmitter {
  destroyed = false;
}

describe('an answer that is read whole', () => {
  it('has status, headers and body', async () => {
    const { send, state } = upstream((listener) => {
      listener.onHead(201, ['Content-Length', '10', 'x', 'y']);
      listener.onData(Buffer.from('01234'), false);
      listener.onData(Buffer.from('56789'), true);
      listener.onEnd();
    });
    expect(await collectAnswer({ send }, request, limits)).toStrictEqual({
      statusCode: 201,
      rawHeaders: ['Content-Length', '10', 'x', 'y'],
      body: Buffer.from('0123456789'),
    });
    expect(state.aborted).toBe(0);
  });

  it.each<[string, (listener: UpstreamListener) => void]>([
    ['says that it is too long', (listener) => listener.onHead(200, ['content-length', '11'])],
    [
      'is too long',
      (listener) => {
        listener.onHead(200, []);
        listener.onData(Buffer.from('0123456789'), false);
        listener.onData(Buffer.from('0'), false);
        listener.onEnd();
      },
    ],
  ])('is given up at once when it %s', async (_what, said) => {
    const { send, state } = upstream(said);
    const collected = collectAnswer({ send }, request, limits);
    await expect(collected).rejects.toMatchObject({ code: 'upstream_failed' });
    expect(state.aborted).toBe(1);
  });

  it('is given up when it takes too long', async () => {
    vi.useFakeTimers();
    try {
      const { send, state } = upstream();
      const collected = collectAnswer({ send }, request, limits);
      const refused = expect(collected).rejects.toMatchObject({ code: 'upstream_timeout' });
      await vi.advanceTimersByTimeAsync(60_000);
      await refused;
      expect(state.aborted).toBe(1);
      state.listener?.onEnd();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('is given up when nobody waits for it', async () => {
    const client = new Client();
    const { send, state } = upstream();
    const collected = collectAnswer({ send }, request, { ...limits, waitsFor: client });
    client.emit('close');
    await expect(collected).rejects.toMatchObject({ code: 'request_timeout' });
    expect(state.aborted).toBe(1);
  });

  it('is not asked for when nobody waits for it', async () => {
    const client = new Client();
    client.destroyed = true;
    const { send, state } = upstream();
    const collected = collectAnswer({ send }, request, { ...limits, waitsFor: client });
    await expect(collected).rejects.toMatchObject({ code: 'request_timeout' });
    expect(state.sent).toBe(0);
  });

  it('fails as its call fails, also when it cannot be sent', async () => {
    const broken = new Error('broken');
    const { send } = upstream((listener) => listener.onError(broken));
    await expect(collectAnswer({ send }, request, limits)).rejects.toBe(broken);
    const refusing = {
      send: () => {
        throw broken;
      },
    };
    await expect(collectAnswer(refusing, request, limits)).rejects.toBe(broken);
  });

  it('is refused with an error of its own each time', async () => {
    const { send } = upstream((listener) => listener.onHead(200, ['content-length', '11']));
    const refusals = [0, 1].map(() =>
      collectAnswer({ send }, request, limits).catch((error: unknown) => error),
    );
    const [one, other] = await Promise.all(refusals);
    expect(one).not.toBe(other);
  });
});
