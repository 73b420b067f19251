import type { LoggerService } from '@nestjs/common';
import {
  followAccessEvents,
  type AccessFollower,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import type { AccessEvent } from '@drawbridge/contracts';
import type { Clock, RecordedEvent } from '@drawbridge/kernel';
import { DueSchedule } from '@drawbridge/runtime';
import { Duties, type Duty } from '../domain/duties.js';
import type { PolicyCommands } from '../policy-commands.js';

const RETRY_MS = 1_000;
/** A grant that opens later is looked at again so long before, so that what may not open is gone by then. */
const BEFORE_START_MS = 1_000;

export interface GrantClockOptions {
  readonly connection: JetStreamConnection;
  readonly commands: Pick<PolicyCommands, Duty['command'] | 'recheck'>;
  /** Whether this is a grant that was issued while what it should not be issued after was on its way. */
  readonly isTooLate: (recorded: RecordedEvent<AccessEvent>) => boolean;
  /** Told of every event that the clock goes by. */
  readonly onEvent: (recorded: RecordedEvent<AccessEvent>) => void;
  /** Called once it was told of all that there are. */
  readonly onCaughtUp: () => void;
  readonly clock: Clock;
  readonly logger: LoggerService;
}

/**
 * Ends what nobody asks about: records the expiry of each grant, takes back those that the policies in force no
 * longer allow, and ends requests that no service has gone on with.
 *
 * Knows them from the stream itself, so a restart forgets none. Every replica does the same; the one that comes
 * second finds nothing left to do. The proxy does not wait for any of this: it stops at `endsAt`.
 */
export class GrantClock {
  readonly #duties = new Duties();
  readonly #schedule: DueSchedule;
  readonly #follower: AccessFollower;
  #timer: NodeJS.Timeout | undefined;
  #rechecking: Promise<void> = Promise.resolve();
  #isReady = false;
  #isClosed = false;

  constructor(private readonly options: GrantClockOptions) {
    const { clock, logger } = options;
    const act = (requestId: string) => this.#act(requestId);
    this.#schedule = new DueSchedule({ act, clock, logger });
    this.#follower = followAccessEvents(options.connection, {
      onEvent: (recorded) => {
        options.onEvent(recorded);
        this.#take(recorded);
      },
      onUnreadable: ({ aggregateId, sequence }) => {
        logger.error({ msg: 'event passed over: unreadable', aggregateId, sequence });
      },
    });
    // Before that, what ended long ago looks open.
    void this.#follower.caughtUp.then(() => {
      this.#isReady = true;
      this.#schedule.start();
      options.onCaughtUp();
      this.recheck();
    });
  }

  /** Grants whose end is not recorded yet. */
  get openGrants(): number {
    return this.#duties.openGrantCount;
  }

  get isCurrent(): boolean {
    return this.#follower.isCurrent();
  }

  /** The policies or what is stopped changed: looks at every open grant again, soon. */
  recheck(): void {
    this.#recheckIn(0);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#follower.close();
    await this.#schedule.close();
    await this.#rechecking;
  }

  #take(recorded: RecordedEvent<AccessEvent>): void {
    const duty = this.#duties.apply(recorded);
    if (duty === undefined) this.#schedule.delete(recorded.aggregateId);
    else this.#schedule.set(duty.requestId, lookMs(duty));
    if (this.options.isTooLate(recorded)) this.recheck();
  }

  async #act(requestId: string): Promise<void> {
    const duty = this.#duties.get(requestId);
    if (duty === undefined) return;
    const { command, causationId, startMs } = duty;
    if (startMs === undefined) {
      await this.options.commands[command]({ requestId, causationId });
      return;
    }
    await this.options.commands.recheck({ requestId, causationId });
    // Unless it ended meanwhile.
    if (this.#duties.get(requestId) === duty)
      this.#schedule.set(requestId, this.#duties.started(duty).atMs);
  }

  #recheckIn(waitMs: number): void {
    // Until all grants are known there is nothing to look at; then all are.
    if (!this.#isReady || this.#isClosed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#rechecking = this.#rechecking.then(() => this.#recheckAll());
    }, waitMs);
  }

  /** One that fails does not keep the others waiting; it is looked at again with all of them. */
  async #recheckAll(): Promise<void> {
    let isDone = true;
    for (const { requestId, causationId } of this.#duties.openGrants) {
      if (this.#isClosed) return;
      try {
        await this.options.commands.recheck({ requestId, causationId });
      } catch (error) {
        isDone = false;
        const retry = { requestId, retryMs: RETRY_MS, err: error };
        this.options.logger.error({ msg: 'could not recheck a grant, trying again', ...retry });
      }
    }
    if (!isDone) this.#recheckIn(RETRY_MS);
  }
}

const lookMs = ({ startMs, atMs }: Duty): number =>
  startMs === undefined ? atMs : startMs - BEFORE_START_MS;
