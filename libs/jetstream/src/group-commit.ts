import type { CommandBody, CommandRecord, SessionChunk } from '@drawbridge/contracts';
import type { BatchMessage } from './batch-publisher.js';
import { batchOf } from './command-batch.js';
import { NotAcknowledged } from './publish-acknowledged.js';

const MAX_RECORDS = 500;
/** About as many bytes: more only where records are not ASCII. */
const MAX_CHARACTERS = 262_144;
const MAX_IN_FLIGHT = 4;
/** How long an end waits for company: nobody waits for it, and a message costs more than a record. */
const LINGER_MS = 5;
/**
 * Under load, which a message of many records tells of, the next leaves this long after it at the earliest:
 * a fast disk would otherwise make many small messages, and each costs as much as dozens of records.
 */
const PACE_MS = 1;
const MAX_UNPACED_RECORDS = 32;
const RETRY_MS = 500;

/** No call waits for these to go on. */
const lingering: ReadonlySet<string> = new Set(['CommandEnded', 'CommandBody', 'SessionChunk']);

/** Why a record is not stored; the words of {@link CommandLogError}. */
export type NotStored = 'command_log_unavailable' | 'command_log_full' | 'command_record_too_large';

/** One record, serialised, and who wants to know what became of it. */
export interface CommandEntry {
  readonly type: (CommandRecord | CommandBody | SessionChunk)['type'];
  readonly commandId: string;
  readonly connection: string;
  /** The record as JSON; of a start also a body before it, on a line of its own. */
  readonly line: string;
  /** A message with it has left for the stream; more than once when it is sent again. */
  sent?(): void;
  /** The record is durable. Called once, also when `delayed` was called before. */
  stored(): void;
  /**
   * It is not durable by now, so nothing that depends on it may happen. It is kept and tried until it is stored,
   * unless it is too large, which is the end of it. May be called more than once.
   */
  delayed(why: NotStored): void;
}

/** Where messages go. */
export interface BatchTarget {
  /**
   * @param sent - told each time that the message leaves; not while nobody can be reached
   * @throws NotAcknowledged
   */
  publish(message: BatchMessage, sent: () => void): Promise<void>;
}

interface Group extends BatchMessage {
  readonly entries: readonly CommandEntry[];
  /** Why it is tried again, when it is. */
  failure?: NotStored;
}

export interface GroupCommitOptions {
  readonly target: BatchTarget;
  /** Starts every message id; no other process may use it. */
  readonly name: string;
  /** A record that can never be stored, unless it is an end: those are kept whatever happens. */
  readonly onGivenUp: (entry: CommandEntry) => void;
}

/**
 * Puts records into messages, many into one: what comes while a message is under way leaves with the next, under
 * load a millisecond after it at the earliest. A further message leaves beside it only when it is full. An idle log
 * sends at once.
 *
 * A message whose fate is unknown, or that the stream does not take, is tried again as it is until it is stored.
 */
export class GroupCommit {
  #queue: CommandEntry[] = [];
  #queuedCharacters = 0;
  // A few at most. No set: its old tables, and with them every record, would outlive the young generation.
  readonly #groups: Group[] = [];
  #records = 0;
  #characters = 0;
  #count = 0;
  #urgent = false;
  #scheduled: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timerMs = 0;
  #lastSentAt = 0;
  #lastRecords = 0;
  #retrying = 0;
  #givenUp = 0;
  #closing = false;
  #closed = false;
  readonly #pauses = new Set<() => void>();
  #emptied: () => void = () => undefined;

  constructor(private readonly options: GroupCommitOptions) {}

  /** Records that are not stored yet. */
  get records(): number {
    return this.#records;
  }

  /** Their size, about. */
  get characters(): number {
    return this.#characters;
  }

  /** Records that were too large to be stored, ever. */
  get givenUp(): number {
    return this.#givenUp;
  }

  /** Why records are not stored at the moment; undefined when all is well. */
  get failure(): NotStored | undefined {
    if (this.#retrying === 0) return undefined;
    for (const { failure } of this.#groups) if (failure !== undefined) return failure;
    return undefined;
  }

  add(entry: CommandEntry): void {
    this.#queue.push(entry);
    this.#queuedCharacters += entry.line.length;
    this.#records += 1;
    this.#characters += entry.line.length;
    if (!lingering.has(entry.type)) this.#urgent = true;
    this.#schedule();
  }

  /** Sends what waits and resolves when all is stored, or after `timeoutMs`; with the number of records that are not. */
  async close(timeoutMs: number): Promise<number> {
    this.#closing = true;
    this.#schedule();
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => resolve(undefined), timeoutMs);
    this.#emptied = () => resolve(undefined);
    if (this.#records > 0) await promise;
    clearTimeout(timer);
    clearTimeout(this.#timer);
    this.#closed = true;
    for (const end of this.#pauses) end();
    return this.#records;
  }

  #schedule(): void {
    if (this.#scheduled !== undefined || !this.#maySend()) return;
    const now = this.#closing || this.#isFull() || (this.#urgent && !this.#isPaced());
    if (now) this.#sendSoon();
    else this.#sendLater(this.#urgent ? PACE_MS : LINGER_MS);
  }

  /** Before the next turn of the event loop, so that all records of this turn travel together. */
  #sendSoon(): void {
    this.#scheduled = setImmediate(() => {
      this.#scheduled = undefined;
      this.#sendGroups();
    });
  }

  #sendLater(ms: number): void {
    if (this.#timer !== undefined && this.#timerMs <= ms) return;
    clearTimeout(this.#timer);
    this.#timerMs = ms;
    this.#timer = setTimeout(() => this.#sendGroups(), ms);
  }

  #isPaced(): boolean {
    return (
      this.#lastRecords > MAX_UNPACED_RECORDS && performance.now() - this.#lastSentAt < PACE_MS
    );
  }

  #maySend(): boolean {
    if (this.#queue.length === 0) return false;
    if (this.#groups.length >= MAX_IN_FLIGHT) return false;
    // One that is tried again does not stop the others.
    return this.#groups.length === this.#retrying || this.#isFull();
  }

  #isFull(): boolean {
    return this.#queue.length >= MAX_RECORDS || this.#queuedCharacters >= MAX_CHARACTERS;
  }

  #sendGroups(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (this.#maySend()) this.#send(this.#take());
  }

  /** The oldest records, as many as fit. */
  #take(): readonly CommandEntry[] {
    const all = this.#queue;
    let count = 0;
    let characters = 0;
    for (; count < all.length && count < MAX_RECORDS; count += 1) {
      const length = all[count]?.line.length ?? 0;
      if (count > 0 && characters + length > MAX_CHARACTERS) break;
      characters += length;
    }
    const whole = count === all.length;
    this.#queue = whole ? [] : all.slice(count);
    this.#queuedCharacters -= characters;
    if (whole) this.#urgent = false;
    return whole ? all : all.slice(0, count);
  }

  #send(entries: readonly CommandEntry[]): void {
    const bytes = batchOf(entries.map(({ line }) => line));
    const group: Group = { id: `${this.options.name}:${(this.#count += 1)}`, bytes, entries };
    this.#groups.push(group);
    this.#lastSentAt = performance.now();
    this.#lastRecords = entries.length;
    void this.#store(group);
  }

  async #store(group: Group): Promise<void> {
    const sent = () => {
      for (const entry of group.entries) entry.sent?.();
    };
    while (!this.#closed) {
      try {
        await this.options.target.publish(group, sent);
        this.#done(group);
        return;
      } catch (error) {
        const why = reasonOf(error);
        if (why === 'command_record_too_large' && this.#divide(group)) return;
        this.#delay(group, why);
      }
      await this.#pause();
    }
  }

  async #pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const end = () => resolve(undefined);
    const timer = setTimeout(end, RETRY_MS);
    this.#pauses.add(end);
    await promise;
    this.#pauses.delete(end);
    clearTimeout(timer);
  }

  #done(group: Group): void {
    this.#remove(group);
    for (const entry of group.entries) {
      this.#settle(entry);
      entry.stored();
    }
    this.#schedule();
  }

  #remove(group: Group): void {
    this.#groups.splice(this.#groups.indexOf(group), 1);
    if (group.failure !== undefined) this.#retrying -= 1;
  }

  #settle({ line }: CommandEntry): void {
    this.#records -= 1;
    this.#characters -= line.length;
    if (this.#records === 0) this.#emptied();
  }

  /** Everybody who waits is told now, in the queue too: what is in front of them does not move. */
  #delay(group: Group, why: NotStored): void {
    if (group.failure === undefined) this.#retrying += 1;
    group.failure = why;
    for (const entry of group.entries) entry.delayed(why);
    // Of those behind it nobody knows yet whether they are too large themselves.
    const behind = why === 'command_record_too_large' ? 'command_log_unavailable' : why;
    for (const entry of this.#queue.slice()) entry.delayed(behind);
    this.#schedule();
  }

  /**
   * A message that is too large is certainly not stored, so its records may travel otherwise: in halves, down to
   * the one that is too large. An end is kept nevertheless, because its call has happened; as long as it waits, no
   * other call may start.
   */
  #divide(group: Group): boolean {
    const { entries } = group;
    const [first] = entries;
    if (entries.length === 1 && first?.type === 'CommandEnded') return false;
    this.#remove(group);
    if (entries.length === 1 && first !== undefined) {
      this.#giveUp(first);
      return true;
    }
    const middle = Math.ceil(entries.length / 2);
    this.#send(entries.slice(0, middle));
    this.#send(entries.slice(middle));
    return true;
  }

  #giveUp(entry: CommandEntry): void {
    this.#settle(entry);
    this.#givenUp += 1;
    this.options.onGivenUp(entry);
    entry.delayed('command_record_too_large');
    this.#schedule();
  }
}

function reasonOf(error: unknown): NotStored {
  if (!(error instanceof NotAcknowledged)) return 'command_log_unavailable';
  if (error.reason === 'too_large') return 'command_record_too_large';
  return error.reason === 'full' ? 'command_log_full' : 'command_log_unavailable';
}
