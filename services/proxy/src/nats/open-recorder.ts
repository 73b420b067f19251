import type { LoggerService } from '@nestjs/common';
import { commandLog, type JetStreamConnection } from '@drawbridge/jetstream';
import type { RefusalLog } from '../chain/answer-refusals.js';
import type { Recorder } from '../chain/record-call.js';
import type { RecordingLog } from '../recording/session-recording.js';
import { CommandRecorder } from './command-recorder.js';

/** All that the gateway needs of a recorder: the chain, its health, and its end. */
export type CallRecorder = Recorder &
  RefusalLog &
  RecordingLog &
  Pick<CommandRecorder, 'healthy' | 'figures' | 'close'>;

/** The recorder that writes to stream `COMMANDS`. */
export function openRecorder(connection: JetStreamConnection, logger: LoggerService): CallRecorder {
  const log = commandLog(connection, {
    onGivenUp: ({ type, commandId, connection: name }) => {
      const line = { msg: 'a record is too large for NATS', code: 'command_record_too_large' };
      logger.error({ ...line, type, commandId, connection: name });
    },
  });
  return new CommandRecorder({ log, logger });
}
