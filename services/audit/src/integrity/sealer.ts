import { setTimeout as wait } from 'node:timers/promises';
import type { LoggerService } from '@nestjs/common';
import type { Seal } from '@drawbridge/contracts';
import type { JetStreamConnection } from '@drawbridge/jetstream';
import { codeOf, type Clock } from '@drawbridge/kernel';
import type { SealingState } from '../domain/sealing-outage.js';
import { CheckpointLog } from '../nats/checkpoint-log.js';
import { LogKeys } from './log-keys.js';
import { sealedStreams } from './sealed-streams.js';
import type { SealingAlarm } from './sealing-alarm.js';
import type { SigningKeys } from './signing-keys.js';
import { StreamLog } from './stream-log.js';

export interface SealerOptions {
  readonly connection: JetStreamConnection;
  readonly keys: SigningKeys;
  readonly logger: LoggerService;
  readonly clock: Clock;
  /** How often it looks for new messages. */
  readonly everyMs: number;
  readonly streams?: readonly string[];
  /** Gets every seal that was appended here. Must not throw. */
  readonly onSeal?: (stream: string, seal: Seal) => void;
  /** Is told after every round what is found of each stream. Absent: nobody is. */
  readonly alarm?: Pick<SealingAlarm, 'tell'>;
  /** How long a message may wait before that is an outage. @default a minute, or six rounds */
  readonly lateMs?: number;
}

/** Without success for so many rounds, and at least so long, sealing is not healthy. */
const UNHEALTHY_ROUNDS = 3;
const UNHEALTHY_MS = 60_000;

/**
 * Seals the streams: reads each in order by itself, and appends a signed checkpoint of what is new to `CHECKPOINTS`,
 * where it also goes on after a restart.
 *
 * Any number of replicas may run. Each says which end of `CHECKPOINTS` it has seen when it appends, so only one is first;
 * the others take what it sealed as theirs. The one that sealed a stream last goes on with it, others wait longer.
 */
export class Sealer {
  readonly #log: CheckpointLog;
  readonly #keys: LogKeys;
  readonly #streams: readonly StreamLog[];
  readonly #closing = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #end: number | undefined;
  #failures = 0;
  #failure: string | undefined;
  #failingSince: number | undefined;
  /** When the log of checkpoints was last found to be in order; 0 when it never was. */
  #wellAt = 0;

  constructor(private readonly options: SealerOptions) {
    const { connection, keys, streams = sealedStreams } = options;
    this.#log = new CheckpointLog(connection);
    this.#keys = new LogKeys(this.#log, options);
    this.#streams = streams.map(
      (stream) => new StreamLog(stream, { ...options, log: this.#log, name: keys.name }),
    );
  }

  start(): void {
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  /** Code of what is in the way; undefined when all is well. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Whether all streams can be sealed; a short failure does not count. */
  get healthy(): boolean {
    if (this.#failingSince === undefined || this.#failures < UNHEALTHY_ROUNDS) return true;
    return this.#now() - this.#failingSince < UNHEALTHY_MS;
  }

  /** How old the newest checkpoint is, and for how long the oldest message has waited that none speaks of. */
  figures(): Record<'lastSealSeconds' | 'unsealedSeconds', number> {
    const now = this.#now();
    const secondsSince = (ms: number) => Math.max(0, Math.round((now - ms) / 1000));
    const sealed = Math.max(...this.#streams.map(({ sealedAt }) => sealedAt ?? 0));
    const waiting = this.#streams.map(({ unsealedSince }) => unsealedSince ?? now);
    return {
      lastSealSeconds: sealed === 0 ? -1 : secondsSince(sealed),
      unsealedSeconds: secondsSince(Math.min(...waiting)),
    };
  }

  /** Tells what has waited for too long, also when another replica should have sealed it, and what does not any more. */
  async #tell(): Promise<void> {
    const { alarm, connection, everyMs } = this.options;
    if (alarm === undefined || !connection.connected) return;
    const { lateMs = Math.max(UNHEALTHY_MS, 6 * everyMs) } = this.options;
    await alarm.tell(this.#found(this.#now() - lateMs), lateMs);
  }

  /** @param late - what has waited since then, or for longer, waits for too long */
  #found(late: number): readonly SealingState[] {
    const code = this.#failure ?? 'seal_late';
    const found: SealingState[] = this.#streams.map(
      ({ stream, wellAt, unsealedSince: since = Infinity, failure = code }) => {
        return { stream, wellAt, outage: since <= late ? { since, code: failure } : undefined };
      },
    );
    const isWaiting = found.some(({ outage }) => outage !== undefined);
    const since = this.#failingSince ?? Infinity;
    // A key that is over fails here alone; when nobody seals, something waits.
    const isLost = !isWaiting && since <= late && code !== 'signing_key_superseded';
    const outage = isLost ? { since, code } : undefined;
    return [...found, { stream: '', wellAt: this.#wellAt, outage }];
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      const again = await this.#try();
      await this.#tell();
      if (!again) {
        await wait(this.options.everyMs, undefined, { signal: this.#closing.signal }).catch(
          () => undefined,
        );
      }
    }
  }

  /** One round; true when there is more to do at once. */
  async #try(): Promise<boolean> {
    try {
      const again = await this.#round();
      this.#failures = 0;
      this.#failure = undefined;
      this.#failingSince = undefined;
      return again;
    } catch (error) {
      this.#end = undefined;
      this.#failures += 1;
      this.#failingSince ??= this.#now();
      const code = codeOf(error) ?? 'not_sealed';
      this.#failure = code;
      if (this.options.connection.connected) {
        this.options.logger.error({ msg: 'the record is not sealed', code, err: error });
      }
      return false;
    }
  }

  async #round(): Promise<boolean> {
    const end = await this.#log.end();
    if (end !== this.#end) {
      const ring = await this.#keys.read();
      for (const stream of this.#streams) await stream.read(ring);
      this.#end = end;
      // Before anything is sealed, and also when nothing can be: what has waited is known.
      // What is wrong with one is thrown when it is sealed, and does not stop the others.
      for (const stream of this.#streams) await stream.look().catch(() => undefined);
      await this.#tell();
    }
    const sizes = new Map(this.#streams.map(({ stream, size }) => [stream, size]));
    const named = await this.#keys.requireOwn(end, sizes);
    if (named !== end) return true;
    this.#wellAt = this.#now();
    return this.#sealAll(end);
  }

  /** One stream that cannot be sealed does not stop the others. */
  async #sealAll(from: number): Promise<boolean> {
    let end = from;
    let again = false;
    const failures: unknown[] = [];
    for (const stream of this.#streams) {
      if (this.#closing.signal.aborted) break;
      try {
        const sealed = await stream.seal(end);
        if (sealed === 'overtaken') return true;
        end = sealed.end;
        again ||= sealed.more;
      } catch (error) {
        failures.push(error);
      }
    }
    this.#end = end;
    if (failures.length > 0) throw failures[0];
    return again;
  }

  #now(): number {
    return this.options.clock().getTime();
  }
}
