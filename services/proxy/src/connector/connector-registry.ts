import type { LoggerService } from '@nestjs/common';
import { CallRefused } from '../domain/call-refused.js';
import type { Dial } from '../upstream/upstream.js';
import { ConnectorGone, type ConnectorSession } from './connector-session.js';

/** How long a call waits for a connector when there is none. */
const WAIT_MS = 5_000;
/** Calls of one connection that wait at the same time. */
const MAX_WAITING = 2_048;
/** Connectors that one connection to a cluster is tried through. */
const MAX_TRIES = 3;

/** A session, as far as choosing among them goes. */
export type RegisteredSession = Pick<
  ConnectorSession,
  'connection' | 'name' | 'usable' | 'draining' | 'streams' | 'open'
>;

export interface ConnectorRegistryOptions {
  readonly logger: Pick<LoggerService, 'log'>;
  /** @default 5000 */
  readonly waitMs?: number;
}

const none: ReadonlySet<never> = new Set();

interface Waiter {
  readonly wake: () => void;
}

/** The connectors that are there, by connection, as one worker sees them. */
export class ConnectorRegistry {
  readonly #sessions = new Set<RegisteredSession>();
  readonly #waiters = new Map<string, Set<Waiter>>();
  readonly #drained = new Map<string, Set<() => void>>();
  readonly #options: ConnectorRegistryOptions;
  #turn = 0;

  constructor(options: ConnectorRegistryOptions) {
    this.#options = options;
  }

  /** Those that are there, whether they take streams or not. */
  of(connection: string): readonly RegisteredSession[] {
    return [...this.#sessions].filter((session) => session.connection === connection);
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  get draining(): number {
    return [...this.#sessions].filter(({ draining }) => draining).length;
  }

  get streams(): number {
    return [...this.#sessions].reduce((sum, { streams }) => sum + streams, 0);
  }

  add(session: RegisteredSession): void {
    this.#sessions.add(session);
    const { connection, name } = session;
    this.#options.logger.log({ msg: 'a connector is here', connection, connector: name });
  }

  remove(session: RegisteredSession, reason: string): void {
    if (!this.#sessions.delete(session)) return;
    const { connection, name } = session;
    this.#options.logger.log({ msg: 'a connector is gone', connection, connector: name, reason });
  }

  /** It takes streams now, or none any more. */
  changed(session: RegisteredSession): void {
    const { connection, usable, draining } = session;
    if (draining) for (const tell of this.#drained.get(connection) ?? []) tell();
    if (!usable) return;
    const waiters = this.#waiters.get(connection) ?? [];
    this.#waiters.delete(connection);
    for (const { wake } of waiters) wake();
  }

  /**
   * `tell` is called whenever a connector of the connection will take no more streams.
   *
   * @returns the function that ends this
   */
  onDraining(connection: string, tell: () => void): () => void {
    const told = this.#drained.get(connection) ?? new Set();
    this.#drained.set(connection, told);
    told.add(tell);
    return () => {
      told.delete(tell);
      if (told.size === 0) this.#drained.delete(connection);
    };
  }

  /**
   * Without a promise when a connector is there, which is the rule.
   *
   * @throws {@link CallRefused} `connector_unavailable` when none has come in time
   */
  ready(connection: string, signal?: AbortSignal): Promise<void> | undefined {
    for (const session of this.#sessions) {
      if (session.connection === connection && session.usable) return undefined;
    }
    return this.#wait(connection, signal);
  }

  /** Opens connections to the cluster of a connection, through whichever of its connectors has the fewest. */
  dial(connection: string): Dial {
    return async (signal) => {
      const tried = new Set<RegisteredSession>();
      for (let tries = 1; ; tries += 1) {
        const session = await this.#next(connection, tried, signal);
        try {
          return await session.open(signal);
        } catch (error) {
          signal.throwIfAborted();
          tried.add(session);
          if (tries >= MAX_TRIES || !this.#mayTryAgain(connection, tried, error)) throw error;
        }
      }
    };
  }

  async #next(
    connection: string,
    tried: ReadonlySet<RegisteredSession>,
    signal: AbortSignal,
  ): Promise<RegisteredSession> {
    for (;;) {
      const session = this.#pick(connection, tried) ?? this.#pick(connection);
      if (session !== undefined) return session;
      await this.#wait(connection, signal);
    }
  }

  /** Another connector may be well; of one that is gone another one, or the same, may come back. */
  #mayTryAgain(connection: string, tried: ReadonlySet<RegisteredSession>, error: unknown): boolean {
    return error instanceof ConnectorGone || this.#pick(connection, tried) !== undefined;
  }

  /** The one with the fewest streams; of equals each in its turn. */
  #pick(
    connection: string,
    except: ReadonlySet<RegisteredSession> = none,
  ): RegisteredSession | undefined {
    let best: RegisteredSession[] = [];
    let fewest = Infinity;
    for (const session of this.#sessions) {
      if (session.connection !== connection || !session.usable || except.has(session)) continue;
      if (session.streams > fewest) continue;
      if (session.streams < fewest) best = [];
      fewest = session.streams;
      best.push(session);
    }
    this.#turn += 1;
    return best[this.#turn % best.length];
  }

  #wait(connection: string, signal?: AbortSignal): Promise<void> {
    const waiters = this.#waiters.get(connection) ?? new Set();
    if (waiters.size >= MAX_WAITING) throw unavailable(connection);
    this.#waiters.set(connection, waiters);
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const waiter = { wake: () => resolve(undefined) };
    const onAbort = () => reject(signal?.reason as Error);
    const timer = setTimeout(
      () => reject(unavailable(connection)),
      this.#options.waitMs ?? WAIT_MS,
    );
    signal?.addEventListener('abort', onAbort, { once: true });
    waiters.add(waiter);
    return promise.finally(() => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      waiters.delete(waiter);
    });
  }
}

const unavailable = (connection: string) =>
  new CallRefused('connector_unavailable', `no connector of ${connection} is connected`);
