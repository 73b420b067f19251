import { AppError } from '@drawbridge/kernel';
import type { CommandRecord } from '@drawbridge/contracts';
import { isSubjectToken } from './event-envelope.js';
import type { JetStreamConnection } from './jetstream-connection.js';
import { NotAcknowledged, publishAcknowledged } from './publish-acknowledged.js';
import { COMMANDS_STREAM } from './stream-definitions.js';

/**
 * Why a command could not be recorded, so that it must not be forwarded. `command_log_unavailable`: no
 * acknowledgement in time. `command_log_full`: the stream takes no more until audit has caught up.
 */
export class CommandLogError extends AppError<'command_log_unavailable' | 'command_log_full'> {}

/** The record of Kubernetes API calls on stream `COMMANDS`. */
export interface CommandLog {
  /**
   * Resolves when JetStream has acknowledged the record. Recording the same record again is harmless.
   *
   * @throws {@link CommandLogError}
   */
  record(record: CommandRecord): Promise<void>;
}

export const commandLog = (connection: JetStreamConnection): CommandLog => ({
  record: (record) => publishRecord(connection, record),
});

async function publishRecord(
  connection: JetStreamConnection,
  record: CommandRecord,
): Promise<void> {
  const bytes = new TextEncoder().encode(JSON.stringify(record));
  const options = {
    msgID: `${record.commandId}:${record.type}`,
    expect: { streamName: COMMANDS_STREAM },
  };
  try {
    await publishAcknowledged(connection, { subject: subjectOf(record), bytes, options });
  } catch (error) {
    if (!(error instanceof NotAcknowledged)) throw error;
    const code = error.reason === 'refused' ? 'command_log_full' : 'command_log_unavailable';
    throw new CommandLogError(code, 'the command could not be recorded', { cause: error });
  }
}

function subjectOf(record: CommandRecord): string {
  const session = record.type === 'CommandRefused' ? 'refused' : (record.grantId ?? 'refused');
  for (const token of [record.connection, session]) {
    if (!isSubjectToken(token)) throw new TypeError(`"${token}" cannot be part of a subject`);
  }
  return `drawbridge.commands.${record.connection}.${session}`;
}
