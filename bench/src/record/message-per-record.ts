import { COMMANDS_STREAM, type JetStreamConnection } from '@drawbridge/jetstream';
import type { Recorder } from '@drawbridge/proxy';

type Call = Parameters<Recorder['start']>[0];

/** Ends under way at which no call is taken until some are stored: the server keeps up with no more. */
const MAX_ENDS = 512;

/** How it would be without batches: every record a message of its own, with a request and an answer each. */
export class MessagePerRecord implements Recorder {
  readonly #ends = new Set<Promise<unknown>>();

  constructor(private readonly connection: JetStreamConnection) {}

  async start(call: Call, line: string): Promise<void> {
    while (this.#ends.size >= MAX_ENDS) await Promise.race(this.#ends);
    await this.#publish(call, line, 'start');
  }

  startRead(): never {
    throw new TypeError('calls of this bench change something');
  }

  body(): void {
    throw new TypeError('calls of this bench have no bodies');
  }

  end(call: Call, line: string): void {
    const stored = this.#publish(call, line, 'end').finally(() => this.#ends.delete(stored));
    this.#ends.add(stored);
  }

  #publish(call: Call, line: string, part: string): Promise<unknown> {
    const subject = `drawbridge.commands.${call.connection}.${call.grant.grantId}`;
    return this.connection.jetstream.publish(subject, line, {
      msgID: `${call.commandId}:${part}`,
      expect: { streamName: COMMANDS_STREAM },
      timeout: 60_000,
    });
  }
}
