import type { LoggerService } from '@nestjs/common';
import type { Clock } from '@drawbridge/kernel';
import { DueList, type Due } from './due-list.js';

/** Longest time between two looks; also what a clock that was set can delay anything by. */
const LOOK_MS = 500;
const RETRY_MS = 5_000;
const AT_ONCE = 16;

export interface DueScheduleOptions {
  /**
   * Does what is due for an id. Must be harmless when repeated: replicas all try, and it comes again until the
   * id is deleted or set to another instant. Never called twice at the same time for one id.
   */
  readonly act: (id: string) => Promise<void>;
  /** After which it comes again; after a failure that is 5 s. @default 5000 */
  readonly againMs?: number;
  readonly clock: Clock;
  readonly logger: LoggerService;
}

interface Planned extends Due {
  /** As it was set; `atMs` is later when it was tried already. */
  readonly setMs: number;
}

/**
 * Does things at their time. It stores nothing: whoever folds a stream sets and deletes, so that a restart makes
 * the same list again. A look costs what is due and not what waits.
 */
export class DueSchedule {
  readonly #list = new DueList<Planned>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(private readonly options: DueScheduleOptions) {}

  get size(): number {
    return this.#list.size;
  }

  /** Plans an id, or plans it anew; the same instant again changes nothing. */
  set(id: string, atMs: number): void {
    if (this.#list.get(id)?.setMs !== atMs) this.#list.set({ id, atMs, setMs: atMs });
  }

  delete(id: string): void {
    this.#list.delete(id);
  }

  /** From here on things happen. Only when a fold has caught up: before that, what ended long ago looks due. */
  start(): void {
    if (this.#isClosed) return;
    // Only when a look has ended comes the next: while the bus is away one takes long.
    this.#timer = setTimeout(() => {
      this.#looking = this.look().finally(() => this.start());
    }, this.#waitMs());
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  /** Does all that is due by now. */
  async look(): Promise<void> {
    const due = this.#takeDue(this.options.clock().getTime());
    const actors = Array.from({ length: Math.min(AT_ONCE, due.length) }, async () => {
      for (let id = due.shift(); id !== undefined; id = due.shift()) await this.#act(id);
    });
    await Promise.all(actors);
  }

  #waitMs(): number {
    const { next } = this.#list;
    if (next === undefined) return LOOK_MS;
    const leftMs = next.atMs - this.options.clock().getTime();
    return Math.min(Math.max(leftMs, 0), LOOK_MS);
  }

  /** Ids in the order of their instants; each is planned again already. */
  #takeDue(nowMs: number): string[] {
    const due: string[] = [];
    const againMs = nowMs + (this.options.againMs ?? RETRY_MS);
    for (let next = this.#nextBy(nowMs); next !== undefined; next = this.#nextBy(nowMs)) {
      this.#list.set({ ...next, atMs: againMs });
      due.push(next.id);
    }
    return due;
  }

  #nextBy(nowMs: number): Planned | undefined {
    const { next } = this.#list;
    return next !== undefined && next.atMs <= nowMs ? next : undefined;
  }

  async #act(id: string): Promise<void> {
    const planned = this.#list.get(id);
    // Meanwhile there may be nothing left to do.
    if (this.#isClosed || planned === undefined) return;
    try {
      await this.options.act(id);
    } catch (error) {
      this.options.logger.warn({ msg: 'not done in time, trying again', id, err: error });
      this.#postpone(planned);
    }
  }

  /** Unless it was set to another instant meanwhile. */
  #postpone({ id, setMs }: Planned): void {
    if (this.#list.get(id)?.setMs !== setMs) return;
    this.#list.set({ id, setMs, atMs: this.options.clock().getTime() + RETRY_MS });
  }
}
