import { directGet, type DirectGet, type StoredMessage } from './direct-get.js';
import type { JetStreamConnection } from './jetstream-connection.js';

const READ_MS = 5_000;

export type Range = Omit<DirectGet, 'subject'>;

/**
 * The next messages of a stream, in order, as they stand in it. Fewer than asked for do not mean that these were the
 * last: ask again behind them.
 *
 * @throws Error also when a sequence is passed over that the leader of the stream still has
 */
export async function readRange(
  connection: JetStreamConnection,
  range: Range,
): Promise<readonly StoredMessage[]> {
  await connection.requireConnected(READ_MS);
  const messages = await directGet(connection, { ...range, subject: '>' });
  let expected = range.from;
  for (const { sequence } of messages) {
    if (sequence !== expected)
      await requireGap(connection, { ...range, from: expected, to: sequence });
    expected = sequence + 1;
  }
  return messages;
}

async function requireGap(
  { manager }: JetStreamConnection,
  { stream, from, to }: Range & { readonly to: number },
): Promise<void> {
  const request = { seq: from, next_by_subj: '>' };
  const next = await manager.streams.getMessage(stream, request);
  if (next?.seq === to) return;
  throw new Error(`a replica of ${stream} left out message ${from}`);
}
