import type { LoggerService } from '@nestjs/common';
import type { AccessEvent } from '@drawbridge/contracts';
import type { Clock, RecordedEvent } from '@drawbridge/kernel';
import { DueSchedule } from '@drawbridge/runtime';
import { idleEndMs, type IdleTerms } from '../domain/idle-end.js';
import type { PolicyCommands } from '../policy-commands.js';

export interface IdleClockOptions {
  readonly commands: Pick<PolicyCommands, 'endIdle'>;
  /** When a grant was last noted as used. @throws when that cannot be told */
  readonly lastUsed: (grantId: string) => Promise<number | undefined>;
  readonly clock: Clock;
  readonly logger: LoggerService;
}

/** An open grant that may not go unused. */
interface Watched extends IdleTerms {
  readonly grantId: string;
  /** Id of the event that issued it. */
  readonly causationId: string;
  /** The last use that was seen. */
  readonly lastUsedMs?: number | undefined;
}

/**
 * Ends grants that are not used. Looks at a grant when it would be over by the last use that it knows of, so that one
 * that is used costs a look in each idle time and one that is not costs two.
 *
 * While uses cannot be read, nobody can tell that a grant is used, and it is given as much time once more; then it ends
 * too. A replica that restarts knows no use and looks again.
 */
export class IdleClock {
  readonly #watched = new Map<string, Watched>();
  readonly #schedule: DueSchedule;

  constructor(private readonly options: IdleClockOptions) {
    const { clock, logger } = options;
    this.#schedule = new DueSchedule({ act: (requestId) => this.#act(requestId), clock, logger });
  }

  apply({ aggregateId, id, event }: RecordedEvent<AccessEvent>): void {
    if (event.type === 'GrantIssued') {
      const { grantId, startsAt, terms } = event.data;
      const idleSeconds = terms.limits?.idleSeconds;
      if (idleSeconds === undefined) return;
      this.#plan(aggregateId, { grantId, startsAt, idleSeconds, causationId: id });
    } else if (ends.has(event.type)) {
      this.#watched.delete(aggregateId);
      this.#schedule.delete(aggregateId);
    }
  }

  /** From here on grants end. Only when all events were applied. */
  start(): void {
    this.#schedule.start();
  }

  close(): Promise<void> {
    return this.#schedule.close();
  }

  #plan(requestId: string, watched: Watched): void {
    this.#watched.set(requestId, watched);
    this.#schedule.set(requestId, idleEndMs(watched, watched.lastUsedMs));
  }

  async #act(requestId: string): Promise<void> {
    const watched = this.#watched.get(requestId);
    if (watched === undefined) return;
    const { grantId, causationId } = watched;
    const lastUsedMs = await this.#lastUsed(watched);
    // Meanwhile it may have ended.
    if (!this.#watched.has(requestId)) return;
    if (this.options.clock().getTime() < idleEndMs(watched, lastUsedMs)) {
      this.#plan(requestId, { ...watched, lastUsedMs });
      return;
    }
    this.options.logger.log({ msg: 'a grant is not used', requestId, grantId });
    await this.options.commands.endIdle({ requestId, causationId, lastUsedMs });
  }

  /** @throws when it cannot be told, and the grant has time left to wait for that */
  async #lastUsed(watched: Watched): Promise<number | undefined> {
    const { grantId, idleSeconds, lastUsedMs } = watched;
    try {
      return (await this.options.lastUsed(grantId)) ?? lastUsedMs;
    } catch (error) {
      const waitedMs = this.options.clock().getTime() - idleEndMs(watched, lastUsedMs);
      if (waitedMs < idleSeconds * 1_000) throw error;
      return lastUsedMs;
    }
  }
}

const ends: ReadonlySet<AccessEvent['type']> = new Set([
  'GrantRevoked',
  'GrantExpired',
  'GrantEnded',
]);
