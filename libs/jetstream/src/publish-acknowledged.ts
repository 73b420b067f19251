import {
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamPublishOptions,
  type PubAck,
} from '@nats-io/jetstream';
import { errors } from '@nats-io/transport-node';
import type { JetStreamConnection } from './jetstream-connection.js';

const ACKNOWLEDGE_MS = 5_000;
const MAX_UNACKNOWLEDGED = 4_096;

/**
 * Why a message was not acknowledged. `conflict`: not stored, the expected sequence was wrong. `full`: not
 * stored, the stream or the disk takes no more. `too_large`: not stored, and never will be. `refused`: not stored
 * for another reason. `unavailable`: no answer, or the server could not tell; it may have been stored, or yet be.
 */
export class NotAcknowledged extends Error {
  constructor(
    readonly reason: 'conflict' | 'full' | 'too_large' | 'refused' | 'unavailable',
    message: string,
    options: ErrorOptions = {},
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

const unacknowledged = new WeakMap<JetStreamConnection, number>();

export interface Publication {
  readonly subject: string;
  readonly bytes: Uint8Array;
  readonly options: Partial<JetStreamPublishOptions> & { readonly msgID: string };
}

/**
 * Publishes and waits for the server's acknowledgement. Nothing is queued while the server is away: it waits
 * up to 5 s for it and gives up, so memory is bounded and a message is not sent long after its caller left.
 *
 * @throws NotAcknowledged
 */
export async function publishAcknowledged(
  connection: JetStreamConnection,
  { subject, bytes, options }: Publication,
): Promise<PubAck> {
  const waiting = unacknowledged.get(connection) ?? 0;
  if (waiting >= MAX_UNACKNOWLEDGED) {
    throw new NotAcknowledged('unavailable', `${waiting} messages already wait for NATS`);
  }
  unacknowledged.set(connection, waiting + 1);
  try {
    return await publish(connection, { subject, bytes, options });
  } finally {
    unacknowledged.set(connection, (unacknowledged.get(connection) ?? 1) - 1);
  }
}

async function publish(
  connection: JetStreamConnection,
  { subject, bytes, options }: Publication,
): Promise<PubAck> {
  const deadline = Date.now() + ACKNOWLEDGE_MS;
  if (!(await connection.whenConnected(ACKNOWLEDGE_MS))) {
    throw new NotAcknowledged('unavailable', 'NATS cannot be reached');
  }
  try {
    const timeout = Math.max(deadline - Date.now(), 100);
    return await connection.jetstream.publish(subject, bytes, { ...options, timeout });
  } catch (error) {
    throw translate(error);
  }
}

function translate(error: unknown): NotAcknowledged {
  if (error instanceof errors.InvalidArgumentError) {
    return new NotAcknowledged('too_large', 'the message is too large for NATS', { cause: error });
  }
  if (!(error instanceof JetStreamApiError)) {
    return new NotAcknowledged('unavailable', 'NATS did not acknowledge in time', { cause: error });
  }
  const { status, code, message } = error;
  return new NotAcknowledged(reasonOf({ status, code }), message, { cause: error });
}

/** What an answer of JetStream with this HTTP-like status and `err_code` means for a message. */
export function reasonOf({
  status,
  code,
}: {
  readonly status: number;
  readonly code: number;
}): NotAcknowledged['reason'] {
  if (conflictCodes.includes(code)) return 'conflict';
  if (fullCodes.includes(code)) return 'full';
  if (code === MESSAGE_TOO_LARGE) return 'too_large';
  // 5xx of the API: no quorum, server shutting down. What was sent may still be stored.
  return status >= 500 ? 'unavailable' : 'refused';
}

const conflictCodes: readonly number[] = [
  JetStreamApiCodes.StreamWrongLastSequence,
  JetStreamApiCodes.StreamWrongLastSequenceUnknown,
];

/**
 * `err_code`s of server/errors.json in nats-server: insufficient resources, insufficient storage resources,
 * message store failed (which is how a full stream with `discard: new` answers).
 */
const fullCodes: readonly number[] = [10023, 10047, 10077];
/** Message size exceeds maximum allowed: of the stream. */
const MESSAGE_TOO_LARGE = 10054;
