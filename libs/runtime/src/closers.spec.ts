import { describe, expect, it, vi } from 'vitest';
import { closeOnFailure, Closers } from './closers.js';

const refuse = (reason: string) => () => Promise.reject(new Error(reason));

describe('what a part has opened', () => {
  it('is closed in reverse order, each after the one before has closed', async () => {
    const order: string[] = [];
    const closers = new Closers();
    closers.add(() => order.push('first opened'));
    closers.add(async () => {
      await Promise.resolve();
      order.push('last opened');
    });
    await closers.close();
    expect(order).toStrictEqual(['last opened', 'first opened']);
  });

  it('is closed although another part fails to', async () => {
    const order: string[] = [];
    const closers = new Closers();
    closers.add(() => order.push('connection'));
    closers.add(refuse('second'));
    closers.add(refuse('first'));
    await expect(closers.close()).rejects.toThrow('first');
    expect(order).toStrictEqual(['connection']);
  });

  it('is closed once, and whoever closes it again waits as well', async () => {
    let closed = 0;
    const closers = new Closers();
    closers.add(async () => {
      await Promise.resolve();
      closed += 1;
    });
    void closers.close();
    await closers.close();
    expect(closed).toBe(1);
  });

  it('is closed before its turn when that takes too long, so that what waits for it ends', async () => {
    vi.useFakeTimers();
    const order: string[] = [];
    const closers = new Closers();
    const lost = Promise.withResolvers<undefined>();
    closers.add(() => order.push('store'));
    closers.add(
      () => {
        order.push('connection');
        lost.resolve(undefined);
      },
      { cutShort: true },
    );
    closers.add(async () => {
      await lost.promise;
      order.push('what waits for the connection');
    });
    const closed = closers.close();
    await vi.runAllTimersAsync();
    await closed;
    expect(order).toStrictEqual(['connection', 'what waits for the connection', 'store']);
    vi.useRealTimers();
  });

  it('is closed when the start fails, and the reason of that is told', async () => {
    let closed = false;
    const start = closeOnFailure(async (closers) => {
      closers.add(() => (closed = true));
      closers.add(refuse('not closed'));
      await refuse('not started')();
    });
    await expect(start).rejects.toThrow('not started');
    expect(closed).toBe(true);
  });

  it('stays open when the start succeeds', async () => {
    let closed = false;
    const close = await closeOnFailure((closers) => {
      closers.add(() => (closed = true));
      return Promise.resolve(() => closers.close());
    });
    expect(closed).toBe(false);
    await close();
    expect(closed).toBe(true);
  });
});
