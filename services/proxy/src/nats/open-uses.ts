import type { LoggerService } from '@nestjs/common';
import { useEventStore, type JetStreamConnection } from '@drawbridge/jetstream';
import type { Clock } from '@drawbridge/kernel';
import { uuidV7, type Closers } from '@drawbridge/runtime';
import { UseCounter, UseRefused } from '@drawbridge/uses';
import type { CountedCall, Uses } from '../chain/count-use.js';
import type { OpenGrants } from '../domain/open-grants.js';

const RETRY_MS = 1_000;

export interface UsesBase {
  readonly connection: JetStreamConnection;
  readonly clock: Clock;
  readonly logger: LoggerService;
  readonly grants: Pick<OpenGrants, 'putLast' | 'isOpen'>;
}

/** Opens the count of calls under grants with limits. */
export function openUses(base: UsesBase, closers: Closers): Uses {
  const { connection, clock, grants } = base;
  const store = useEventStore(connection, 'proxy');
  const counter = new UseCounter({ store, clock, newId: uuidV7 });
  const finishing = new Finishing(base, counter);
  closers.add(() => finishing.close());
  return {
    count: async (call) => {
      try {
        const { isLast } = await counter.count(call);
        if (isLast) grants.putLast(call.grant);
      } catch (error) {
        // Another grant may allow the next one.
        if (error instanceof UseRefused && error.code === 'grant_used_up')
          grants.putLast(call.grant);
        throw error;
      }
    },
    finish: (call) => finishing.add(call),
  };
}

/** Ends of calls that are not noted yet. */
class Finishing {
  readonly #running = new Set<Promise<void>>();
  #isClosing = false;

  constructor(
    private readonly base: Pick<UsesBase, 'logger' | 'grants'>,
    private readonly counter: Pick<UseCounter, 'finish'>,
  ) {}

  add(call: CountedCall): void {
    const running = this.#finish(call).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Tries each once more: what is not noted then is as of a gateway that was killed. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await Promise.all(this.#running);
  }

  /** Until it is noted or nobody can use the grant any more. */
  async #finish(call: CountedCall): Promise<void> {
    for (;;) {
      try {
        await this.counter.finish(call);
        return;
      } catch (error) {
        const { grantId } = call.grant;
        this.base.logger.warn({ msg: 'end of a counted call not noted yet', grantId, err: error });
        if (this.#isClosing || !this.base.grants.isOpen(call.grant)) return;
        await delay(RETRY_MS);
      }
    }
  }
}

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
