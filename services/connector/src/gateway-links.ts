import { setTimeout as pause } from 'node:timers/promises';
import type { LoggerService } from '@nestjs/common';
import { codeOf } from '@drawbridge/kernel';
import type { ClusterAddress } from './cluster-address.js';
import { coverageOf } from './coverage.js';
import type { EnterGateway, Entered } from './gateway-door.js';
import { GatewaySession } from './gateway-session.js';
import { Pauses } from './pauses.js';

/** How long streams may go on when the connector stops. */
const DRAIN_MS = 18_000;

export interface GatewayLinksOptions {
  readonly enter: EnterGateway;
  readonly cluster: ClusterAddress;
  /** For each session. */
  readonly maxStreams: number;
  readonly logger: LoggerService;
}

/** Keeps sessions with all gateways, for as long as it runs. */
export class GatewayLinks {
  readonly #options: GatewayLinksOptions;
  readonly #sessions = new Set<GatewaySession>();
  readonly #stopped = new AbortController();
  readonly #failures = new Pauses(250, 30_000);
  /**
   * After an attempt that ended where there are enough sessions already. Which gateway answers is chance, and the one that
   * is missing cannot reach the cluster until it is found: so never long.
   */
  readonly #surplus = new Pauses(20, 2_000);
  #running: Promise<void> = Promise.resolve();
  #changed = Promise.withResolvers<undefined>();

  constructor(options: GatewayLinksOptions) {
    this.#options = options;
  }

  get sessions(): number {
    return [...this.#sessions].filter(({ draining }) => !draining).length;
  }

  get streams(): number {
    return [...this.#sessions].reduce((sum, { streams }) => sum + streams, 0);
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Takes no further streams, lets those under way finish for a while, then ends all. */
  async close(): Promise<void> {
    this.#stopped.abort();
    this.#wake();
    await this.#running;
    await Promise.all([...this.#sessions].map((session) => session.drain(DRAIN_MS)));
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      const { wanted, served } = coverageOf([...this.#sessions]);
      if (wanted) await this.#attempt(served);
      else await this.#changed.promise;
    }
  }

  async #attempt(served: readonly string[]): Promise<void> {
    const { enter, logger } = this.#options;
    try {
      const entered = await enter(served, this.#stopped.signal);
      this.#failures.reset();
      if (entered.welcome.surplus) {
        entered.socket.destroy();
        await this.#wait(this.#surplus);
      } else if (this.#stopped.signal.aborted) entered.socket.destroy();
      else this.#take(entered);
    } catch (error) {
      if (this.#stopped.signal.aborted) return;
      logger.warn({ msg: 'not connected to a gateway', code: codeOf(error), err: error });
      await this.#wait(this.#failures);
    }
  }

  #take({ socket, welcome }: Entered): void {
    const { cluster, maxStreams, logger } = this.#options;
    const { gateway, peers } = welcome;
    this.#surplus.reset();
    const session = new GatewaySession({
      socket,
      gateway,
      peers,
      cluster,
      maxStreams,
      onChange: () => {
        this.#surplus.reset();
        this.#wake();
      },
    });
    this.#sessions.add(session);
    logger.log({ msg: 'serving a gateway', gateway, gateways: peers.length });
    void session.ended.then((reason) => {
      this.#sessions.delete(session);
      logger.log({ msg: 'a session with a gateway ended', gateway, reason });
      this.#wake();
    });
  }

  async #wait(pauses: Pauses): Promise<void> {
    await pause(pauses.next(), undefined, { signal: this.#stopped.signal }).catch(() => undefined);
  }

  #wake(): void {
    this.#changed.resolve(undefined);
    this.#changed = Promise.withResolvers<undefined>();
  }
}
