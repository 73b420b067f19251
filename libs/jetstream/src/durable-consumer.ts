import { AckPolicy, DeliverPolicy, type Consumer } from '@nats-io/jetstream';
import type { JetStreamConnection } from './jetstream-connection.js';

export interface Durable {
  readonly stream: string;
  readonly durable: string;
  /** How long the server waits for an acknowledgement or a sign of life before it delivers again. */
  readonly ackWaitMs: number;
  /** Where a consumer begins that is made now. @default first */
  readonly from?: 'first' | 'now';
}

/** The durable consumer of a service, made if it is not there. */
export async function durableConsumer(
  connection: JetStreamConnection,
  { stream, durable, ackWaitMs, from = 'first' }: Durable,
): Promise<Consumer> {
  await connection.manager.consumers.add(stream, {
    durable_name: durable,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: from === 'first' ? DeliverPolicy.All : DeliverPolicy.New,
    ack_wait: ackWaitMs * 1_000_000,
    // A limit would silently discard a message.
    max_deliver: -1,
    max_ack_pending: 20_000,
    max_waiting: 512,
  });
  return connection.jetstream.consumers.get(stream, durable);
}
