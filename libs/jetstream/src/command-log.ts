import { AppError } from '@drawbridge/kernel';
import { AuditLag } from './audit-lag.js';
import { BatchPublisher } from './batch-publisher.js';
import { GroupCommit, type CommandEntry, type NotStored } from './group-commit.js';
import type { JetStreamConnection } from './jetstream-connection.js';

export type CommandLogErrorCode = NotStored | 'command_log_behind';

/**
 * Why a command is not recorded, so that it must not be forwarded. `command_log_unavailable`: no acknowledgement
 * in time. `command_log_full`: the stream or its disk takes no more. `command_log_behind`: audit has been away for
 * so long that records would soon be dropped before it has read them. `command_record_too_large`: NATS takes no
 * message of this size.
 */
export class CommandLogError extends AppError<CommandLogErrorCode> {}

/** The record of Kubernetes API calls on stream `COMMANDS`: many records in one acknowledged message. */
export interface CommandLog {
  /** Why no new command may be recorded at the moment; undefined when all is well. */
  readonly refusal: CommandLogErrorCode | undefined;
  /** Why records that were taken are not stored at the moment. */
  readonly failure: CommandLogErrorCode | undefined;
  /** Records that are not stored yet. */
  readonly records: number;
  /** Their size, about. */
  readonly bytes: number;
  /** Records that were too large to be stored, ever. */
  readonly givenUp: number;
  /**
   * Takes a record, whatever state the log is in: the end of a command is recorded even when audit is behind, it
   * has happened already. Whoever adds bounds how many wait.
   */
  add(entry: CommandEntry): void;
  /** Stores what waits, for at most `timeoutMs`, and stops; returns how many records are lost. */
  close(timeoutMs: number): Promise<number>;
}

export interface CommandLogOptions {
  /** A record that no message can hold; it is never an end. */
  readonly onGivenUp: (entry: CommandEntry) => void;
  /** Milliseconds since the epoch. @default Date.now */
  readonly now?: () => number;
}

export function commandLog(
  connection: JetStreamConnection,
  { onGivenUp, now = Date.now }: CommandLogOptions,
): CommandLog {
  const lag = new AuditLag(connection, now);
  const publisher = new BatchPublisher(connection);
  const commit = new GroupCommit({ target: publisher, name: publisher.id, onGivenUp });
  return {
    get refusal() {
      return commit.failure ?? (lag.tooFarBehind ? 'command_log_behind' : undefined);
    },
    get failure() {
      return commit.failure;
    },
    get records() {
      return commit.records;
    },
    get bytes() {
      return commit.characters;
    },
    get givenUp() {
      return commit.givenUp;
    },
    add: (entry) => commit.add(entry),
    close: async (timeoutMs) => {
      const lost = await commit.close(timeoutMs);
      publisher.close();
      return lost;
    },
  };
}
