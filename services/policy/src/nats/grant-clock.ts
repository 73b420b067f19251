import type { LoggerService } from '@nestjs/common';
import {
  followAccessEvents,
  type AccessFollower,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import type { Clock } from '@drawbridge/kernel';
import { OpenGrants, type OpenGrant } from '../domain/open-grants.js';
import type { PolicyCommands } from '../policy-commands.js';

/** Longest time between two looks; also what a clock that was set back can delay an expiry by. */
const MAX_WAIT_MS = 30_000;
const RETRY_MS = 1_000;

export interface GrantClockOptions {
  readonly connection: JetStreamConnection;
  readonly commands: Pick<PolicyCommands, 'expire' | 'recheck'>;
  readonly clock: Clock;
  readonly logger: LoggerService;
}

/**
 * Ends grants that nobody asks about: records the expiry of each, and takes back those that the policies in
 * force no longer allow.
 *
 * Knows the open grants from the stream itself, so a restart forgets none. Every replica does the same; the
 * one that comes second finds nothing left to do. The proxy does not wait for any of this: it stops at `endsAt`.
 */
export class GrantClock {
  readonly #open = new OpenGrants();
  readonly #follower: AccessFollower;
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<void> = Promise.resolve();
  #isReady = false;
  #isClosed = false;
  #isRecheckDue = true;

  constructor(private readonly options: GrantClockOptions) {
    this.#follower = followAccessEvents(options.connection, {
      onEvent: (recorded) => {
        this.#open.apply(recorded);
        if (recorded.event.type === 'GrantIssued') this.#arm();
      },
      onUnreadable: ({ aggregateId, sequence }) => {
        options.logger.error({ msg: 'event passed over: unreadable', aggregateId, sequence });
      },
    });
    // Before that, grants that ended long ago look open.
    void this.#follower.caughtUp.then(() => {
      this.#isReady = true;
      this.#arm();
    });
  }

  /** Grants whose end is not recorded yet. */
  get openGrants(): number {
    return this.#open.size;
  }

  get isCurrent(): boolean {
    return this.#follower.isCurrent();
  }

  /** The policies changed: looks at every open grant again, soon. */
  recheck(): void {
    this.#isRecheckDue = true;
    this.#arm();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#follower.close();
    await this.#work;
  }

  #arm(waitMs?: number): void {
    if (!this.#isReady || this.#isClosed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#work = this.#work.then(() => this.#run());
    }, waitMs ?? this.#waitMs());
  }

  #waitMs(): number {
    if (this.#isRecheckDue) return 0;
    const leftMs = this.#open.nextEndMs - this.options.clock().getTime();
    return Math.min(Math.max(leftMs, 0), MAX_WAIT_MS);
  }

  async #run(): Promise<void> {
    if (this.#isClosed) return;
    const isRecheck = this.#isRecheckDue;
    this.#isRecheckDue = false;
    const checked = isRecheck ? await this.#each(this.#open.all, 'recheck') : true;
    this.#isRecheckDue ||= !checked;
    const expired = await this.#each(this.#open.dueAt(this.options.clock()), 'expire');
    if (checked && expired) this.#arm();
    else this.#arm(RETRY_MS);
  }

  /** Whether all went well. One that fails does not keep the others waiting. */
  async #each(grants: readonly OpenGrant[], command: 'recheck' | 'expire'): Promise<boolean> {
    let isDone = true;
    for (const grant of grants) {
      const { requestId, issuedBy } = grant;
      try {
        await this.options.commands[command]({ requestId, causationId: issuedBy });
        if (command === 'expire') this.#open.forget(grant);
      } catch (error) {
        isDone = false;
        this.options.logger.error({
          msg: `could not ${command} a grant, trying again`,
          requestId,
          retryMs: RETRY_MS,
          err: error,
        });
      }
    }
    return isDone;
  }
}
