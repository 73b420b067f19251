import type { JetStreamManager } from '@nats-io/jetstream';

/**
 * Throws unless a durable consumer has acknowledged everything that its stream holds for it; for `eventually`. Looks
 * for the last message itself, because nats-server counts a new one for its consumers a moment after it acknowledged
 * it to its publisher: until then `num_pending` is 0.
 */
export async function requireNothingWaits(
  manager: JetStreamManager,
  stream: string,
  durable: string,
): Promise<void> {
  const { config, ack_floor, num_pending, num_ack_pending } = await manager.consumers.info(
    stream,
    durable,
  );
  const filters = config.filter_subjects ?? [config.filter_subject ?? '>'];
  const lasts = await Promise.all(
    filters.map((filter) => manager.streams.getMessage(stream, { last_by_subj: filter })),
  );
  const last = Math.max(0, ...lasts.map((message) => message?.seq ?? 0));
  if (last <= ack_floor.stream_seq && num_pending + num_ack_pending === 0) return;
  const waiting = `${num_pending} to deliver, ${num_ack_pending} to acknowledge`;
  const range = `acknowledged up to ${ack_floor.stream_seq} of ${last}`;
  throw new Error(`${durable} of ${stream} has work left: ${waiting}, ${range}`);
}
