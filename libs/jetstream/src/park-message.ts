import type { JsMsg } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import type { JetStreamConnection } from './jetstream-connection.js';
import { publishAcknowledged } from './publish-acknowledged.js';
import { PARKED_STREAM } from './stream-definitions.js';

export const ParkedHeaders = {
  stream: 'Drawbridge-Stream',
  sequence: 'Drawbridge-Sequence',
  subject: 'Drawbridge-Subject',
  /** Whose message it was; several may be parked under one name. */
  consumer: 'Drawbridge-Consumer',
  code: 'Drawbridge-Error-Code',
  deliveries: 'Drawbridge-Deliveries',
  /** Of a message with many records: which, from 0. */
  line: 'Drawbridge-Line',
} as const;

export interface Parking {
  readonly durable: string;
  readonly code: string;
  /** Whose message it was, when that is not the consumer that it came from. */
  readonly consumer?: string;
  /** Only this line of the message, which has many, and what stands in it. */
  readonly line?: { readonly index: number; readonly bytes: Uint8Array };
}

/**
 * Copies a message, or one line of it, byte for byte, to `PARKED`, where a person finds it. Parking it again changes
 * nothing.
 */
export async function parkMessage(
  connection: JetStreamConnection,
  message: JsMsg,
  { durable, code, line, ...parking }: Parking,
): Promise<void> {
  const { stream, deliveryCount } = message.info;
  const consumer = parking.consumer ?? message.info.consumer;
  const header = headers();
  header.set(ParkedHeaders.stream, stream);
  header.set(ParkedHeaders.sequence, String(message.seq));
  header.set(ParkedHeaders.subject, message.subject);
  header.set(ParkedHeaders.consumer, consumer);
  header.set(ParkedHeaders.code, code);
  header.set(ParkedHeaders.deliveries, String(deliveryCount));
  if (line !== undefined) header.set(ParkedHeaders.line, String(line.index));
  const part = line === undefined ? '' : `:${line.index}`;
  await publishAcknowledged(connection, {
    subject: `drawbridge.parked.${durable}`,
    bytes: line?.bytes ?? message.data,
    options: {
      msgID: `${consumer}:${stream}:${message.seq}${part}`,
      headers: header,
      expect: { streamName: PARKED_STREAM },
    },
  });
}

/** How many messages of this durable are parked. */
export async function countParked(
  connection: JetStreamConnection,
  durable: string,
): Promise<number> {
  const subject = `drawbridge.parked.${durable}`;
  const { state } = await connection.manager.streams.info(PARKED_STREAM, {
    subjects_filter: subject,
  });
  return state.subjects?.[subject] ?? 0;
}
