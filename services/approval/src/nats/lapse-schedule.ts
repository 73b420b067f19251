import type { LoggerService } from '@nestjs/common';
import type { Clock } from '@drawbridge/kernel';

const LOOK_MS = 500;
/** After a failed attempt, or one that changed nothing, before the next one for the same. */
const RETRY_MS = 5_000;

/** An access request or a hold, and until when something must happen. */
export interface Deadline {
  readonly id: string;
  readonly decideBy: string;
}

export interface LapseScheduleOptions {
  /** What waits now; rebuilt from the stream, so a restart forgets no deadline. */
  readonly waiting: () => readonly Deadline[];
  /** Must be harmless when repeated: replicas all try, the stream lets one win. */
  readonly lapse: (id: string) => Promise<void>;
  readonly clock: Clock;
  readonly logger: LoggerService;
}

/** Lets requests and holds lapse that nobody decided in time. Looks often instead of keeping a timer per request. */
export class LapseSchedule {
  readonly #notBefore = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(private readonly options: LapseScheduleOptions) {}

  start(): void {
    if (this.#isClosed) return;
    // Only when a look has ended comes the next: while the bus is away one takes long.
    this.#timer = setTimeout(() => {
      this.#looking = this.look().finally(() => this.start());
    }, LOOK_MS);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  /** Lets everything lapse whose deadline is over by now. */
  async look(): Promise<void> {
    const now = this.options.clock().getTime();
    const waiting = this.options.waiting();
    this.#forgetOthers(new Set(waiting.map(({ id }) => id)));
    const due = waiting.filter(
      ({ id, decideBy }) =>
        Date.parse(decideBy) <= now && (this.#notBefore.get(id) ?? -Infinity) <= now,
    );
    for (const { id } of due) await this.#lapse(id, now);
  }

  async #lapse(id: string, now: number): Promise<void> {
    this.#notBefore.set(id, now + RETRY_MS);
    try {
      await this.options.lapse(id);
    } catch (error) {
      this.options.logger.warn({ msg: 'not lapsed yet', id, err: error });
    }
  }

  #forgetOthers(waiting: ReadonlySet<string>): void {
    for (const id of this.#notBefore.keys()) {
      if (!waiting.has(id)) this.#notBefore.delete(id);
    }
  }
}
