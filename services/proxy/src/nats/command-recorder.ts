import type { LoggerService } from '@nestjs/common';
import type { BodyCut } from '@drawbridge/contracts';
import type { CommandEntry, CommandLog, CommandLogErrorCode } from '@drawbridge/jetstream';
import { CommandLogError } from '@drawbridge/jetstream';
import type { RefusalLog, RefusedCall } from '../chain/answer-refusals.js';
import { endedLine, type EndedCall } from '../chain/command-records.js';
import type { ReadRecord, Recorder } from '../chain/record-call.js';
import { CallRefused } from '../domain/call-refused.js';
import type { RecordedLine, RecordingLog } from '../recording/session-recording.js';
import { withoutContent } from '../bodies/body-line.js';
import { TokenBucket } from '../domain/token-bucket.js';

/** How long a caller waits for its refusal to be recorded. */
const REFUSAL_MS = 1_000;
/** Records that may wait for the bus, and their size. Then no call is taken any more, so none is ever dropped. */
const MAX_BACKLOG = 10_000;
const MAX_BACKLOG_BYTES = 33_554_432;
/** Calls that run meanwhile end, and their bodies come on top: beyond this they are recorded without their content. */
const MAX_BACKLOG_WITH_BODIES = 67_108_864;
const REPORT_MS = 10_000;

export interface RecorderOptions {
  readonly log: CommandLog;
  readonly logger: LoggerService;
  /** @default 10000 */
  readonly maxBacklog?: number;
}

/**
 * Puts commands on the record. A start must be acknowledged before its call goes on, of a plain read before it is
 * answered; an end is kept in memory and tried until it is acknowledged.
 *
 * Refusals that cost a stranger nothing (no valid token, over the limits) are recorded at 20 a second; the
 * rest of a flood is counted, and the count logged.
 */
export class CommandRecorder implements Recorder, RefusalLog, RecordingLog {
  readonly #log: CommandLog;
  readonly #cheapRefusals = new TokenBucket({ perSecond: 20, burst: 200 }, performance.now());
  readonly #maxBacklog: number;
  readonly #reporting: NodeJS.Timeout;
  #unrecorded = 0;
  #reported = 0;

  constructor(private readonly options: RecorderOptions) {
    this.#log = options.log;
    this.#maxBacklog = options.maxBacklog ?? MAX_BACKLOG;
    this.#reporting = setInterval(() => this.#report(), REPORT_MS).unref();
  }

  /** Whether a call would be taken now. */
  get healthy(): boolean {
    return this.#log.refusal === undefined && !this.#isFull();
  }

  /**
   * Records that wait for the bus; those it can never take; refusals that were counted only. Then why no call is taken:
   * 1 at the code of the reason, `recordsTooMany` when the bus takes them too slowly.
   */
  figures(): Readonly<Record<string, number>> {
    const { refusal, records, givenUp } = this.#log;
    return {
      recordsWaiting: records,
      recordsGivenUp: givenUp,
      refusalsUnrecorded: this.#unrecorded,
      commandLogUnavailable: Number(refusal === 'command_log_unavailable'),
      commandLogFull: Number(refusal === 'command_log_full'),
      commandLogBehind: Number(refusal === 'command_log_behind'),
      commandRecordTooLarge: Number(refusal === 'command_record_too_large'),
      recordsTooMany: Number(this.#isFull()),
    };
  }

  start(call: EndedCall, line: string, body?: string): Promise<void> {
    this.#requireRoom();
    const entry = new StartEntry(call, linesOf(line, body), this);
    this.#log.add(entry);
    return entry.promise;
  }

  startRead({ commandId, connection }: EndedCall, line: string, body?: string): ReadRecord {
    this.#requireRoom();
    const entry = new ReadEntry(commandId, connection, linesOf(line, body));
    this.#log.add(entry);
    return entry;
  }

  body({ commandId, connection }: Pick<EndedCall, 'commandId' | 'connection'>, line: string): void {
    const type = 'CommandBody';
    const cut = (why: BodyCut) => {
      const rest = withoutContent(line, why);
      this.#log.add({ type, commandId, connection, line: rest, stored: nobody, delayed: nobody });
    };
    if (this.#log.bytes + line.length > MAX_BACKLOG_WITH_BODIES) {
      cut('record_backlog');
      return;
    }
    const delayed = (why: CommandLogErrorCode) => {
      if (why === 'command_record_too_large') cut('record_too_large');
    };
    this.#log.add({ type, commandId, connection, line, stored: nobody, delayed });
  }

  end({ commandId, connection }: EndedCall, line: string): void {
    const type = 'CommandEnded';
    this.#log.add({ type, commandId, connection, line, stored: nobody, delayed: nobody });
  }

  piece(piece: RecordedLine): boolean {
    this.#log.add({ type: 'SessionChunk', ...piece });
    return !this.#isFull();
  }

  async refused(call: RefusedCall): Promise<void> {
    if (this.#isFull() || (call.cheap && !this.#cheapRefusals.take(performance.now()))) {
      this.#unrecorded += 1;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const settled = () => resolve(undefined);
    const { commandId, connection, line } = call;
    const type = 'CommandRefused';
    this.#log.add({ type, commandId, connection, line, stored: settled, delayed: settled });
    const timer = setTimeout(settled, REFUSAL_MS);
    if (this.#log.failure === undefined) await promise;
    clearTimeout(timer);
  }

  /** Gives what still waits until `timeoutMs` to be recorded; returns how many records are lost. */
  async close(timeoutMs: number): Promise<number> {
    clearInterval(this.#reporting);
    const lost = await this.#log.close(timeoutMs);
    this.#report();
    return lost;
  }

  #requireRoom(): void {
    const refusal = this.#log.refusal;
    if (refusal !== undefined || this.#isFull()) throw unavailable(refusal);
  }

  #isFull(): boolean {
    return this.#log.records >= this.#maxBacklog || this.#log.bytes >= MAX_BACKLOG_BYTES;
  }

  #report(): void {
    const more = this.#unrecorded - this.#reported;
    if (more === 0) return;
    this.#reported = this.#unrecorded;
    this.options.logger.warn({ msg: 'refusals counted, not recorded', more });
  }
}

/** Two lines of one message: neither is stored without the other. */
const linesOf = (line: string, body: string | undefined): string =>
  body === undefined ? line : `${body}\n${line}`;

/** A call that waits until it is on the record. Keeps nothing of the call but what its end needs. */
class StartEntry implements CommandEntry {
  readonly type = 'CommandStarted';
  readonly commandId: string;
  readonly connection: string;
  readonly #grant: EndedCall['grant'];
  readonly #receivedAt: Date;
  readonly #recorded = Promise.withResolvers<undefined>();
  #refused = false;

  constructor(
    call: EndedCall,
    readonly line: string,
    private readonly recorder: CommandRecorder,
  ) {
    this.commandId = call.commandId;
    this.connection = call.connection;
    this.#grant = call.grant;
    this.#receivedAt = call.receivedAt;
  }

  get promise(): Promise<void> {
    return this.#recorded.promise;
  }

  stored(): void {
    this.#recorded.resolve(undefined);
  }

  /**
   * It will be stored, or may be already, although its call is refused: an end says that nothing was forwarded, so
   * that the record shows neither half of a call alone.
   */
  delayed(why: CommandLogErrorCode): void {
    if (this.#refused) return;
    this.#refused = true;
    this.#recorded.reject(unavailable(why));
    if (why === 'command_record_too_large') return;
    const { commandId, connection } = this;
    const call = { commandId, connection, grant: this.#grant, receivedAt: this.#receivedAt };
    this.recorder.end(call, endedLine(call, notForwarded, this.#receivedAt));
  }
}

/** A read that goes on when its record has left, and whose answer waits until that is stored. */
class ReadEntry implements CommandEntry, ReadRecord {
  readonly type = 'CommandStarted';
  readonly #left = Promise.withResolvers<undefined>();
  #listener: ((refusal: CallRefused | undefined) => void) | undefined;
  refusal: CallRefused | undefined;
  isStored = false;
  isGivenUp = false;

  constructor(
    readonly commandId: string,
    readonly connection: string,
    readonly line: string,
  ) {}

  get left(): Promise<void> {
    return this.#left.promise;
  }

  onSettled(listener: (refusal: CallRefused | undefined) => void): void {
    this.#listener = listener;
  }

  sent(): void {
    this.#left.resolve(undefined);
  }

  /** Too late for a call that was refused meanwhile. */
  stored(): void {
    if (this.refusal !== undefined) return;
    this.isStored = true;
    this.#left.resolve(undefined);
    this.#tell();
  }

  delayed(why: CommandLogErrorCode): void {
    if (why === 'command_record_too_large') this.isGivenUp = true;
    if (this.refusal !== undefined) return;
    this.refusal = unavailable(why, 'answered');
    this.#left.reject(this.refusal);
    this.#tell();
  }

  #tell(): void {
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.(this.refusal);
  }
}

const notForwarded = {
  outcome: 'cut',
  reason: 'record_unavailable',
  statusCode: 503,
  requestBytes: 0,
  responseBytes: 0,
} as const;

/** Nobody waits for an end, and it is kept until it is stored. */
const nobody = () => undefined;

function unavailable(
  why: CommandLogErrorCode | undefined,
  what: 'forwarded' | 'answered' = 'forwarded',
): CallRefused {
  const cause =
    why === undefined
      ? new Error('too many records wait for the bus')
      : new CommandLogError(why, 'the command could not be recorded');
  return new CallRefused(
    'record_unavailable',
    `the call cannot be recorded at the moment, so it is not ${what}; try again later`,
    { cause },
  );
}
