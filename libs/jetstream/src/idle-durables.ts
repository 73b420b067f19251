import type { JetStreamConnection } from './jetstream-connection.js';

const CONNECTED_MS = 5_000;

/** A durable consumer, and whether anybody pulls from it at this moment. */
export interface DurableSeen {
  readonly name: string;
  readonly isPulled: boolean;
  /** How far it was delivered; it stands still while nobody pulls. */
  readonly delivered: number;
}

/** The durable consumers of a stream whose names begin so. */
export async function durablesOf(
  connection: JetStreamConnection,
  stream: string,
  prefix: string,
): Promise<readonly DurableSeen[]> {
  await connection.requireConnected(CONNECTED_MS);
  const seen: DurableSeen[] = [];
  for await (const info of connection.manager.consumers.list(stream)) {
    if (info.config.durable_name?.startsWith(prefix) !== true) continue;
    const { name, num_waiting, delivered } = info;
    seen.push({ name, isPulled: num_waiting > 0, delivered: delivered.consumer_seq });
  }
  return seen;
}

/** Deletes a durable consumer, with what it has not delivered; one that is gone already is no error. */
export async function deleteDurable(
  connection: JetStreamConnection,
  stream: string,
  name: string,
): Promise<void> {
  await connection.requireConnected(CONNECTED_MS);
  const isThere = (await durablesOf(connection, stream, name)).some((one) => one.name === name);
  if (isThere) await connection.manager.consumers.delete(stream, name);
}
