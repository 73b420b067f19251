import { createHash } from 'node:crypto';
import { ACCESS_STREAM, type JetStreamConnection } from '@drawbridge/jetstream';

/**
 * What marks the objects of this installation in a cluster: what the operator says, or else something that all
 * its replicas share and no other installation has, the instant at which its event stream was made.
 */
export async function instanceOf(
  connection: JetStreamConnection,
  configured: string | undefined,
): Promise<string> {
  if (configured !== undefined) return configured;
  const { created } = await connection.manager.streams.info(ACCESS_STREAM);
  return createHash('sha256').update(created).digest('hex').slice(0, 16);
}
