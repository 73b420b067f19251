import {
  AckPolicy,
  DeliverPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type Consumer,
  type ConsumerConfig,
} from '@nats-io/jetstream';
import type { JetStreamConnection } from './jetstream-connection.js';

/** What a deleted consumer is given before it is made again: see {@link pauseBeforePull}. */
const DELETION_MS = 2_000;

export interface Durable {
  readonly stream: string;
  readonly durable: string;
  /** How long the server waits for an acknowledgement or a sign of life before it delivers again. */
  readonly ackWaitMs: number;
  /** Where a consumer begins that is made now. @default first */
  readonly from?: 'first' | 'now';
}

/**
 * The durable consumer of a service, made if it is not there, changed if an older version of us has made it.
 *
 * One that is as it should be is left alone: an update is written to the server's disk even when it changes
 * nothing, and fails there when the consumer's directory was lost, though the consumer itself still delivers.
 */
export async function durableConsumer(
  connection: JetStreamConnection,
  options: Durable,
): Promise<Consumer> {
  const { stream, durable } = options;
  const wanted = configOf(options);
  const { consumers } = connection.jetstream;
  const found = await consumers.get(stream, durable).catch(undefinedWhenGone);
  if (found === undefined) {
    await connection.manager.consumers.add(stream, wanted);
  } else if (!isAs(wanted, (await found.info(true)).config)) {
    await connection.manager.consumers.update(stream, durable, wanted);
  } else return found;
  return consumers.get(stream, durable);
}

function undefinedWhenGone(error: unknown): undefined {
  if (!isConsumerGone(error)) throw error;
}

const configOf = ({ durable, ackWaitMs, from = 'first' }: Durable) =>
  ({
    durable_name: durable,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: from === 'first' ? DeliverPolicy.All : DeliverPolicy.New,
    ack_wait: ackWaitMs * 1_000_000,
    // A limit would silently discard a message.
    max_deliver: -1,
    max_ack_pending: 20_000,
    max_waiting: 512,
  }) satisfies Partial<ConsumerConfig>;

const isAs = (wanted: ReturnType<typeof configOf>, found: ConsumerConfig): boolean =>
  Object.entries(wanted).every(
    ([name, value]) => found[name as keyof ReturnType<typeof configOf>] === value,
  );

/**
 * How long to wait before the next pull after one that failed, in milliseconds.
 *
 * The server says that a consumer is gone before it has removed its directory. One of the same name that is made
 * in between loses its own directory, and with it, at the server's next start, its place in the stream.
 */
export const pauseBeforePull = (error: unknown, retryMs: number): number =>
  isConsumerGone(error) ? Math.max(retryMs, DELETION_MS) : retryMs;

const isConsumerGone = (error: unknown): boolean =>
  error instanceof JetStreamApiError && error.code === JetStreamApiCodes.ConsumerNotFound;
