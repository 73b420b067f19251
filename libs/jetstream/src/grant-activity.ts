import { Kvm, type KV } from '@nats-io/kv';
import type { JetStreamConnection } from './jetstream-connection.js';
import { ACTIVITY_BUCKET } from './stream-definitions.js';

const CONNECTED_MS = 2_000;
const ACKNOWLEDGED_MS = 2_000;

/**
 * Notes that a grant is used now. The note says nothing itself: when that was is the time at which NATS took it, so
 * that no gateway can say that a grant was used later than it was.
 *
 * @throws when it is not acknowledged within about two seconds
 */
export const activityLog =
  (connection: JetStreamConnection) =>
  async (grantId: string): Promise<void> => {
    await connection.requireConnected(CONNECTED_MS);
    const subject = `$KV.${ACTIVITY_BUCKET}.${grantId}`;
    await connection.jetstream.publish(subject, '', { timeout: ACKNOWLEDGED_MS });
  };

/**
 * When a grant was last noted as used, in milliseconds since 1970, by the clock of NATS; `undefined` when it never was.
 *
 * @throws when that cannot be told
 */
export function lastActivity(
  connection: JetStreamConnection,
): (grantId: string) => Promise<number | undefined> {
  let opened: Promise<KV> | undefined;
  return async (grantId) => {
    await connection.requireConnected(CONNECTED_MS);
    opened ??= new Kvm(connection.jetstream).open(ACTIVITY_BUCKET);
    try {
      return (await (await opened).get(grantId))?.created.getTime();
    } catch (error) {
      opened = undefined;
      throw error;
    }
  };
}
