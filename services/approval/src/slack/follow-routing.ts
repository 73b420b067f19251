import type { LoggerService } from '@nestjs/common';
import {
  watchConfiguration,
  type Configuration,
  type ConfigurationWatcher,
} from '@drawbridge/configuration';
import { noRouting, type Routing } from './routing.js';

const RETRY_MS = 5_000;

/**
 * Follows where cards go. A directory that cannot be used does not keep the service from starting: until it can be,
 * every card goes to the channel of last resort, since humans have to be asked.
 */
export class RoutingFollower {
  #routing: Routing = noRouting;
  #watcher: ConfigurationWatcher | undefined;
  #retry: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(
    private readonly directory: string,
    private readonly logger: LoggerService,
  ) {}

  /** By the last configuration that could be used. */
  get current(): Routing {
    return this.#routing;
  }

  async start(): Promise<void> {
    try {
      this.#watcher = await watchConfiguration(this.directory, {
        only: ['Routing', 'Connection'],
        onChange: (configuration) => this.#take(configuration),
        onError: (error) => this.#report(error),
      });
      this.#take(this.#watcher.current);
    } catch (error) {
      this.#report(error);
      if (!this.#isClosed) this.#retry = setTimeout(() => void this.start(), RETRY_MS).unref();
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    await this.#watcher?.close();
  }

  #take({ routings, connections }: Configuration): void {
    this.#routing = {
      routes: routings.flatMap(({ spec }) => spec.routes),
      teams: new Map(
        connections.flatMap(({ metadata: { name, labels } }) =>
          labels['team'] === undefined ? [] : [[name, labels['team']] as const],
        ),
      ),
    };
    this.logger.log({ msg: 'routing of cards loaded', routes: this.#routing.routes.length });
  }

  #report(err: unknown): void {
    this.logger.error({ msg: 'routing of cards not loaded', err });
  }
}
