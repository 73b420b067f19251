import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import { createInbox, type NatsConnection } from '@nats-io/transport-node';

/** What a bus takes longer for, it may never do: one that went silent is noticed only after 15 s. */
const FLUSH_MS = 2_000;

/** One connection to NATS with its JetStream clients, shared by all parts of a service. */
export class JetStreamConnection {
  #connected = true;
  readonly #waiting = new Set<() => void>();
  readonly #listeners = new Set<(connected: boolean) => void>();

  readonly jetstream: JetStreamClient;
  readonly manager: JetStreamManager;

  /** @param inboxPrefix - where the server lets this user listen for answers */
  constructor(
    readonly nats: NatsConnection,
    { jetstream, manager }: { jetstream: JetStreamClient; manager: JetStreamManager },
    private readonly inboxPrefix = '_INBOX',
  ) {
    this.jetstream = jetstream;
    this.manager = manager;
    void this.#follow();
  }

  /** A new subject for answers to this connection alone. */
  newInbox(): string {
    return createInbox(this.inboxPrefix);
  }

  /** Whether the server is reachable right now. */
  get connected(): boolean {
    return this.#connected && !this.nats.isClosed();
  }

  /** Whether {@link close} was called: it does not come back. */
  get closed(): boolean {
    return this.nats.isClosed();
  }

  /** Resolves with whether the server is reachable, waiting at most `timeoutMs` for it to become so. */
  async whenConnected(timeoutMs: number): Promise<boolean> {
    if (this.connected || this.nats.isClosed()) return this.connected;
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      this.#waiting.add(done);
    });
    return this.connected;
  }

  /** Waits for the server, since a request made while it is away is lost and only its time-out tells. */
  async requireConnected(timeoutMs: number): Promise<void> {
    if (!(await this.whenConnected(timeoutMs))) throw new Error('NATS cannot be reached');
  }

  /** Calls `listener` on every loss and return of the server, until the returned function is called. */
  onChange(listener: (connected: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Sends what is still buffered (acknowledgements), when the server is there to take it, and closes. */
  async close(): Promise<void> {
    if (this.nats.isClosed()) return;
    await this.flush();
    await this.nats.close();
  }

  /** Resolves when the server has taken what was sent, or is away, or has not said so for two seconds. */
  async flush(): Promise<void> {
    if (!this.connected) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, FLUSH_MS);
    });
    await Promise.race([this.nats.flush().catch(() => undefined), late]);
    clearTimeout(timer);
  }

  async #follow(): Promise<void> {
    for await (const { type } of this.nats.status()) {
      if (type === 'disconnect') this.#change(false);
      if (type === 'reconnect') this.#change(true);
    }
    this.#change(false);
  }

  #change(connected: boolean): void {
    this.#connected = connected;
    for (const done of this.#waiting) done();
    for (const listener of this.#listeners) listener(connected);
  }
}
