import { CommandRecord } from '@drawbridge/contracts';
import {
  commandLines,
  commandLog,
  type CommandEntry,
  type CommandLog,
  type CommandLogErrorCode,
  type JetStreamConnection,
} from '../src/index.js';

/** A command log whose records can be waited for. */
export class LogUnderTest {
  readonly givenUp: CommandEntry[] = [];
  readonly log: CommandLog;

  constructor(connection: JetStreamConnection, now?: () => number) {
    this.log = commandLog(connection, {
      onGivenUp: (entry) => this.givenUp.push(entry),
      ...(now !== undefined && { now }),
    });
  }

  get records(): number {
    return this.log.records;
  }

  get refusal(): CommandLogErrorCode | undefined {
    return this.log.refusal;
  }

  /** Resolves when it is stored; rejects with the first reason why it is not by now. */
  record(record: CommandRecord): Promise<void> {
    return new Promise((resolve, reject) => {
      this.log.add({
        type: record.type,
        commandId: record.commandId,
        connection: record.connection,
        line: JSON.stringify(record),
        stored: resolve,
        delayed: reject,
      });
    });
  }

  /** A record that nobody waits for. */
  end(record: CommandRecord): void {
    this.record(record).catch(() => undefined);
  }

  close(timeoutMs: number): Promise<number> {
    return this.log.close(timeoutMs);
  }
}

export interface StoredMessage {
  readonly subject: string;
  readonly id: string;
  readonly records: readonly CommandRecord[];
}

/** The messages of `COMMANDS`, oldest first. */
export async function storedMessages(connection: JetStreamConnection): Promise<StoredMessage[]> {
  const { state } = await connection.manager.streams.info('COMMANDS');
  const messages: StoredMessage[] = [];
  for (let seq = Math.max(1, state.first_seq); seq <= state.last_seq; seq += 1) {
    const stored = await connection.manager.streams.getMessage('COMMANDS', { seq });
    if (stored === null) continue;
    const { subject, header, data } = stored;
    const records = commandLines({ headers: header, data }).map((line) =>
      CommandRecord.parse(JSON.parse(new TextDecoder().decode(line))),
    );
    messages.push({ subject, id: header.get('Nats-Msg-Id'), records });
  }
  return messages;
}

export const storedCommands = async (connection: JetStreamConnection): Promise<CommandRecord[]> =>
  (await storedMessages(connection)).flatMap(({ records }) => records);
