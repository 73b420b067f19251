import type { LoggerService } from '@nestjs/common';
import { Member } from '@drawbridge/contracts';
import { memberKeyOf, type GuardedBucket } from '@drawbridge/jetstream';
import { AppError, type Clock } from '@drawbridge/kernel';
import { READ_BEHIND_MS } from '@drawbridge/people';
import type { Party } from './open-parties.js';
import type { DirectorySpec, Reading } from './read-member.js';

const AT_ONCE = 4;
const MAX_PARTIES = 2_000;

export interface DirectoryOptions {
  readonly issuer: string;
  readonly spec: DirectorySpec;
  /** Whom to ask about, who came last in front. */
  readonly parties: () => readonly Party[];
  /** @throws DirectoryUnusable */
  readonly read: (spec: DirectorySpec, subject: string) => Promise<Reading>;
  /** `drawbridge_members` */
  readonly members: GuardedBucket;
  readonly clock: Clock;
  readonly logger: LoggerService;
}

/** How asking went. */
export interface DirectoryHealth {
  /** How many were asked about the last time. */
  readonly asked: number;
  /** Of how many it said nothing; what it said before stands. */
  readonly failed: number;
  /** There are more than can be asked about. */
  readonly isFull: boolean;
  /** When all were last asked about, and everything was said. */
  readonly readAt?: string;
  /** Code of the newest failure; absent when there was none the last time. */
  readonly problem?: string;
}

/**
 * The directory of one issuer: asked about everybody whom something open depends on, again and again and when somebody
 * says so. What it says goes into the bucket when it is news, or when a token was believed since it was last said.
 */
export class Directory {
  #health: DirectoryHealth = { asked: 0, failed: 0, isFull: false };
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(private readonly options: DirectoryOptions) {}

  get health(): DirectoryHealth {
    return this.#health;
  }

  get issuer(): string {
    return this.options.issuer;
  }

  get spec(): DirectorySpec {
    return this.options.spec;
  }

  /**
   * Asks about everybody; resolves when that is done and never rejects. Who comes while it asks waits for the next
   * time, since the answer may be of before they came.
   */
  refresh(): Promise<void> {
    if (this.#running === undefined) return this.#begin();
    this.#next ??= this.#running.then(() => this.#begin());
    return this.#next;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #begin(): Promise<void> {
    this.#next = undefined;
    clearTimeout(this.#timer);
    this.#running = this.#askAll().finally(() => {
      this.#running = undefined;
      if (this.#isClosed) return;
      const waitMs = this.options.spec.directory.refreshSeconds * 1_000;
      this.#timer = setTimeout(() => void this.refresh(), waitMs);
      this.#timer.unref();
    });
    return this.#running;
  }

  async #askAll(): Promise<void> {
    const { clock } = this.options;
    const all = this.options.parties();
    const begunAt = clock().toISOString();
    const left = all.slice(0, MAX_PARTIES);
    const asked = left.length;
    const failures: unknown[] = [];
    const workers = Array.from({ length: Math.min(AT_ONCE, asked) }, async () => {
      for (let party = left.shift(); party !== undefined; party = left.shift()) {
        if (this.#isClosed) return;
        await this.#ask(party).catch((error: unknown) => failures.push(error));
      }
    });
    await Promise.all(workers);
    const isFull = all.length > MAX_PARTIES;
    this.#note({ asked, failed: failures.length, isFull }, { failure: failures.at(-1), begunAt });
  }

  async #ask({ issuer, subject, sinceMs }: Party): Promise<void> {
    const { members, read, spec, clock } = this.options;
    const key = memberKeyOf({ issuer, subject });
    // Read before it asks, so that what another replica writes meanwhile, which is newer, stays.
    const { value, revision } = await members.read(key);
    const before = Member.safeParse(value).data;
    const readAt = clock().toISOString();
    const { isGone, groups } = await read(spec, subject);
    const member: Member = { issuer, subject, isGone, groups: [...groups], readAt };
    if (before !== undefined && isKnown(before, member, sinceMs)) return;
    await members.write(key, member, revision);
  }

  #note(
    { asked, failed, isFull }: Pick<DirectoryHealth, 'asked' | 'failed' | 'isFull'>,
    { failure, begunAt }: { readonly failure: unknown; readonly begunAt: string },
  ): void {
    const { issuer, logger } = this.options;
    const problem = failure === undefined ? undefined : codeOf(failure);
    const readAt = failed === 0 && !isFull ? begunAt : this.#health.readAt;
    const before = this.#health;
    this.#health = {
      ...{ asked, failed, isFull },
      ...(readAt !== undefined && { readAt }),
      ...(problem !== undefined && { problem }),
    };
    const facts = { issuer, asked, failed };
    if (failure !== undefined) {
      logger.error({ msg: 'directory not read', ...facts, code: problem, err: failure });
    } else if (before.problem !== undefined)
      logger.log({ msg: 'directory is read again', ...facts });
    if (isFull) logger.error({ msg: 'directory has to be asked about too many', ...facts });
  }
}

const codeOf = (failure: unknown): string =>
  failure instanceof AppError ? String(failure.code) : 'directory_unreachable';

/** Said before, and after the last token of theirs that was believed. */
const isKnown = (before: Member, now: Member, sinceMs: number): boolean =>
  before.isGone === now.isGone &&
  JSON.stringify(before.groups) === JSON.stringify(now.groups) &&
  Date.parse(before.readAt) >= sinceMs + READ_BEHIND_MS;
