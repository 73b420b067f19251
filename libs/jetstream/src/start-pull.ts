import type { Consumer, ConsumerMessages } from '@nats-io/jetstream';
import type { JetStreamConnection } from './jetstream-connection.js';

const MAX_HEARTBEAT_MS = 1_000;
/** A pull that has not ended this long after it should is given up. */
const GRACE_MS = 2_000;

export interface Pull {
  readonly maxMessages: number;
  readonly expiresMs: number;
}

/**
 * Asks for messages once. The messages end when the pull is full or has expired, when it is closed, and when the
 * connection changes; a silent server ends them by throwing.
 */
export async function startPull(
  connection: JetStreamConnection,
  consumer: Consumer,
  { maxMessages, expiresMs }: Pull,
): Promise<ConsumerMessages> {
  const messages = await consumer.fetch({
    max_messages: maxMessages,
    expires: expiresMs,
    // The server takes at most half of the life of a pull.
    idle_heartbeat: Math.min(MAX_HEARTBEAT_MS, expiresMs / 2),
    bind: true,
  });
  const giveUp = () => void messages.close();
  const watchdog = setTimeout(giveUp, expiresMs + GRACE_MS);
  // After a reconnect the old request is unknown to the server: start over at once.
  const forget = connection.onChange(giveUp);
  void messages.closed().then(() => {
    clearTimeout(watchdog);
    forget();
  });
  return messages;
}
