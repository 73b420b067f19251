import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { expect, it, vi } from 'vitest';
import { JetStreamConnection } from './jetstream-connection.js';

/** A bus that never says that it has what was sent. */
function silentBus() {
  let isClosed = false;
  return {
    status: () => new ReadableStream(),
    isClosed: () => isClosed,
    flush: () => new Promise<void>(() => undefined),
    close: () => {
      isClosed = true;
      return Promise.resolve();
    },
  };
}

it('is closed although the bus never says that it has what was sent', async () => {
  vi.useFakeTimers();
  const nats = silentBus() as unknown as NatsConnection;
  const clients = {} as { jetstream: JetStreamClient; manager: JetStreamManager };
  const connection = new JetStreamConnection(nats, clients);
  const closed = connection.close();
  expect(connection.closed).toBe(false);
  await vi.runAllTimersAsync();
  await closed;
  expect(connection.closed).toBe(true);
  vi.useRealTimers();
});
