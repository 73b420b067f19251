import type { EventFollower } from './follow-events.js';
import type { JetStreamConnection } from './jetstream-connection.js';

const WITHIN_MS = 500;

/** What was on a stream when it was asked is in a read model when it answers. */
export class CatchUp {
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(
    private readonly connection: JetStreamConnection,
    private readonly options: {
      readonly stream: string;
      readonly follower: Pick<EventFollower, 'whenReached'>;
    },
  ) {}

  /**
   * Resolves when all events that were stored before this call have been passed on, and in any case within two seconds.
   * However many wait, the server is asked by one of them at a time.
   */
  now(): Promise<void> {
    if (this.#running === undefined) return this.#start();
    // The one under way may have asked before what this caller waits for was stored.
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      return this.#start();
    });
    return this.#next;
  }

  #start(): Promise<void> {
    this.#running = this.#ask()
      // Without an answer the model is as current as it is.
      .catch(() => undefined)
      .finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #ask(): Promise<void> {
    const { stream, follower } = this.options;
    const subject = `$JS.API.STREAM.INFO.${stream}`;
    const answer = await this.connection.nats.request(subject, '', { timeout: WITHIN_MS });
    const { state } = answer.json<{ state?: { last_seq?: number } }>();
    await follower.whenReached(state?.last_seq ?? 0, WITHIN_MS);
  }
}
