import type { LoggerService } from '@nestjs/common';
import {
  deleteDurable,
  durablesOf,
  type DurableSeen,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import type { Clock } from '@drawbridge/kernel';
import { DURABLE_PREFIX } from './dead-letters.js';

/** Long enough for every replica to have read the same configuration, and for a new one to be rolled back. */
const UNUSED_MS = 3_600_000;

export interface UnusedDurablesOptions {
  readonly connection: JetStreamConnection;
  readonly stream: string;
  /** Names of the webhooks of the configuration in force that are told of this stream. */
  readonly names: () => readonly string[];
  readonly clock: Clock;
  readonly logger: LoggerService;
  /** @default one hour */
  readonly unusedMs?: number;
}

interface Unused {
  readonly since: number;
  readonly delivered: number;
}

/**
 * Deletes consumers of webhooks that there are no more: each keeps its place in the stream for ever otherwise, and a
 * webhook of the same name would be flooded with what was while there was none. Another replica may have read another
 * configuration; as long as one pulls from a consumer, or was given anything by it, nobody deletes it.
 */
export class UnusedDurables {
  readonly #unused = new Map<string, Unused>();

  constructor(private readonly options: UnusedDurablesOptions) {}

  /** Looks once; what nobody used at all looks of the last hour is deleted. */
  async look(): Promise<void> {
    const { connection, stream, names, logger } = this.options;
    const known = new Set(names().map((name) => `${DURABLE_PREFIX}${name}`));
    const seen = await durablesOf(connection, stream, DURABLE_PREFIX);
    for (const name of this.#unused.keys()) {
      if (!seen.some((one) => one.name === name)) this.#unused.delete(name);
    }
    for (const durable of seen) {
      if (known.has(durable.name) || !this.#isLongUnused(durable)) continue;
      // Again, because another may have begun with it since.
      if (names().includes(durable.name.slice(DURABLE_PREFIX.length))) continue;
      await deleteDurable(connection, stream, durable.name);
      logger.log({
        msg: 'consumer of a removed webhook deleted',
        stream,
        durable: durable.name,
      });
    }
    for (const name of known) this.#unused.delete(name);
  }

  #isLongUnused({ name, isPulled, delivered }: DurableSeen): boolean {
    const now = this.options.clock().getTime();
    const before = this.#unused.get(name);
    if (isPulled) {
      this.#unused.delete(name);
      return false;
    }
    if (before?.delivered !== delivered) {
      this.#unused.set(name, { since: now, delivered });
      return false;
    }
    return now - before.since >= (this.options.unusedMs ?? UNUSED_MS);
  }
}
