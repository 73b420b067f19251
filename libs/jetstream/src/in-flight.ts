import type { JsMsg } from '@nats-io/jetstream';

interface Entry {
  /** The newest delivery: only its acknowledgement counts. */
  message: JsMsg;
  readonly since: number;
  readonly heartbeat: NodeJS.Timeout;
}

/**
 * The messages being handled right now, by stream sequence: bounded, kept alive with heartbeats, and one
 * handler per message even when the server delivers it again meanwhile.
 */
export class InFlight {
  readonly #entries = new Map<number, Entry>();
  readonly #tails = new Map<string, Promise<void>>();
  #waiting: (() => void)[] = [];

  constructor(
    readonly limit: number,
    private readonly heartbeatMs: number,
  ) {}

  get size(): number {
    return this.#entries.size;
  }

  get free(): number {
    return this.limit - this.#entries.size;
  }

  /** Since when (ms since epoch) the longest-running handler runs. */
  get oldestSince(): number | undefined {
    return this.#entries.values().next().value?.since;
  }

  /** Resolves when there is room for a quarter of what may be in flight: messages are not fetched one by one. */
  async whenFree(): Promise<void> {
    while (this.free < Math.max(1, Math.floor(this.limit / 4))) await this.#changed();
  }

  /** Resolves with whether everything was settled within `timeoutMs`. */
  async whenIdle(timeoutMs: number): Promise<boolean> {
    const deadline = Date.now() + timeoutMs;
    while (this.#entries.size > 0) {
      const leftMs = deadline - Date.now();
      if (leftMs <= 0) return false;
      await Promise.race([this.#changed(), delay(leftMs)]);
    }
    return true;
  }

  /** Sends no more signs of life: the server gives what is still handled here to another process. */
  abandon(): void {
    for (const { heartbeat } of this.#entries.values()) clearInterval(heartbeat);
  }

  /**
   * Runs `handle`, messages of one subject after each other in order of arrival, and passes the newest
   * delivery to `settle` at the end. `handle` must not reject.
   */
  add(
    message: JsMsg,
    handle: () => Promise<(newest: JsMsg) => void>,
    { oneBySubject }: { readonly oneBySubject: boolean },
  ): void {
    const known = this.#entries.get(message.seq);
    if (known !== undefined) {
      known.message = message;
      return;
    }
    const entry: Entry = {
      message,
      since: Date.now(),
      heartbeat: setInterval(() => tell(() => entry.message.working()), this.heartbeatMs),
    };
    this.#entries.set(message.seq, entry);
    const before = oneBySubject ? this.#tails.get(message.subject) : undefined;
    const done = this.#run(before, handle)
      .then((settle) => tell(() => settle(entry.message)))
      .finally(() => {
        clearInterval(entry.heartbeat);
        this.#entries.delete(message.seq);
        if (this.#tails.get(message.subject) === done) this.#tails.delete(message.subject);
        for (const resolve of this.#waiting.splice(0)) resolve();
      });
    if (oneBySubject) this.#tails.set(message.subject, done);
  }

  async #run<Result>(
    before: Promise<void> | undefined,
    handle: () => Promise<Result>,
  ): Promise<Result> {
    await before;
    return handle();
  }

  #changed(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** On a closed connection there is nobody to tell; the server delivers again. */
function tell(send: () => void): void {
  try {
    send();
  } catch {
    // See above.
  }
}

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
