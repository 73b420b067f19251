import type { CommandRecord } from '@drawbridge/contracts';
import { AppError } from '@drawbridge/kernel';
import { AuditLag } from './audit-lag.js';
import { isSubjectToken } from './event-envelope.js';
import type { JetStreamConnection } from './jetstream-connection.js';
import { NotAcknowledged, publishAcknowledged } from './publish-acknowledged.js';
import { COMMANDS_STREAM } from './stream-definitions.js';

export type CommandLogErrorCode =
  'command_log_unavailable' | 'command_log_full' | 'command_log_behind';

/**
 * Why a command could not be recorded, so that it must not be forwarded. `command_log_unavailable`: no
 * acknowledgement in time. `command_log_full`: the stream or its disk takes no more. `command_log_behind`:
 * audit has been away for so long that records would soon be dropped before it has read them.
 */
export class CommandLogError extends AppError<CommandLogErrorCode> {}

/** The record of Kubernetes API calls on stream `COMMANDS`. */
export interface CommandLog {
  /**
   * Resolves when JetStream has acknowledged the record. Recording the same record again within two minutes
   * is harmless. The end of a command is recorded even when audit is behind: it has happened already.
   *
   * @throws {@link CommandLogError}
   */
  record(record: CommandRecord): Promise<void>;
}

export interface CommandLogOptions {
  /** Milliseconds since the epoch. @default Date.now */
  readonly now?: () => number;
}

export function commandLog(
  connection: JetStreamConnection,
  { now = Date.now }: CommandLogOptions = {},
): CommandLog {
  const lag = new AuditLag(connection, now);
  return {
    record: async (record) => {
      if (lag.tooFarBehind && record.type === 'CommandStarted') {
        const message = 'the audit service is too far behind to record another command';
        throw new CommandLogError('command_log_behind', message);
      }
      await publishRecord(connection, record);
    },
  };
}

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
    const code = error.reason === 'full' ? 'command_log_full' : 'command_log_unavailable';
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
