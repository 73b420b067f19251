import type { JetStreamConnection } from '@drawbridge/jetstream';
import { DURABLE } from './ingest.js';

/** Up to which sequence all messages of a stream have been stored, or parked. */
export async function storedUpTo(
  { manager }: JetStreamConnection,
  stream: string,
): Promise<number> {
  const { ack_floor: stored } = await manager.consumers.info(stream, DURABLE);
  return stored.stream_seq;
}
