import { randomUUID } from 'node:crypto';
import { recordLine } from '@drawbridge/contracts';
import { BatchPublisher } from './batch-publisher.js';
import { batchOf } from './command-batch.js';
import type { JetStreamConnection } from './jetstream-connection.js';

/**
 * Puts records on the log as one message and resolves when it is stored: for those who have all of them at hand.
 * The gateway, where they come one by one, has `commandLog`.
 *
 * @throws NotAcknowledged
 */
export async function recordCommands(
  connection: JetStreamConnection,
  ...records: readonly Parameters<typeof recordLine>[0][]
): Promise<void> {
  const publisher = new BatchPublisher(connection);
  try {
    const bytes = batchOf(records.map(recordLine));
    await publisher.publish({ id: randomUUID(), bytes });
  } finally {
    publisher.close();
  }
}
