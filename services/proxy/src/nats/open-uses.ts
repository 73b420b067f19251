import type { LoggerService } from '@nestjs/common';
import { useEventStore, type JetStreamConnection } from '@drawbridge/jetstream';
import type { Clock } from '@drawbridge/kernel';
import { uuidV7, type Closers } from '@drawbridge/runtime';
import { UseCounter, UseRefused } from '@drawbridge/uses';
import type { LostGroups } from '../chain/authorize-call.js';
import type { Uses } from '../chain/count-use.js';
import type { OpenGrant, OpenGrants } from '../domain/open-grants.js';
import type { LiveCalls } from '../streams/live-calls.js';

const RETRY_MS = 1_000;

export interface UsesBase {
  readonly connection: JetStreamConnection;
  readonly clock: Clock;
  readonly logger: LoggerService;
  readonly grants: Pick<OpenGrants, 'putLast' | 'isOpen'>;
  readonly live: Pick<LiveCalls, 'cutGrant'>;
}

/** Opens the count of calls under grants with limits. */
export function openUses(base: UsesBase, closers: Closers): Uses & LostGroups {
  const { connection, clock, grants, live } = base;
  const lost = new WeakSet<OpenGrant>();
  const store = useEventStore(connection, 'proxy');
  const counter = new UseCounter({ store, clock, newId: uuidV7 });
  const noting = new Noting(base);
  closers.add(() => noting.close());
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
    finish: (call) => noting.add(call, () => counter.finish(call)),
    groupLost: (call, tokenIssuedAt) => {
      if (lost.has(call.grant)) return;
      lost.add(call.grant);
      // Streams that were opened with an older token; those of other workers end when policy has taken the grant back.
      live.cutGrant(call.grant.grantId, 'grant_group_lost');
      noting.add(call, () => counter.groupLost(call, tokenIssuedAt));
    },
  };
}

/** What is not noted yet, and nobody waits for. */
class Noting {
  readonly #running = new Set<Promise<void>>();
  #isClosing = false;

  constructor(private readonly base: Pick<UsesBase, 'logger' | 'grants'>) {}

  add(call: OfGrant, note: () => Promise<void>): void {
    const running = this.#note(call, note).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Tries each once more: what is not noted then is as of a gateway that was killed. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await Promise.all(this.#running);
  }

  /** Until it is noted or nobody can use the grant any more. */
  async #note({ grant }: OfGrant, note: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        await note();
        return;
      } catch (error) {
        const { grantId } = grant;
        this.base.logger.warn({ msg: 'use of a grant not noted yet', grantId, err: error });
        if (this.#isClosing || !this.base.grants.isOpen(grant)) return;
        await delay(RETRY_MS);
      }
    }
  }
}

interface OfGrant {
  readonly grant: OpenGrant;
}

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
