import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import type { JetStreamConnection } from './jetstream-connection.js';
import { COMMANDS_STREAM, COMMANDS_WINDOW_SECONDS } from './stream-definitions.js';

const CHECK_EVERY_MS = 60_000;
/** How old the oldest record that audit has not acknowledged may be: half the time it is kept. */
const MAX_LAG_MS = (COMMANDS_WINDOW_SECONDS / 2) * 1_000;
const AUDIT_DURABLE = 'audit';

/**
 * Watches how far audit is behind on `COMMANDS`, whose messages are dropped at a certain age. Knowing it long
 * before that, the command log can refuse and so make the loss impossible: docs/adr/0003.
 */
export class AuditLag {
  #tooFarBehind = false;
  #checkedAt = -Infinity;

  constructor(
    private readonly connection: JetStreamConnection,
    private readonly now: () => number,
  ) {}

  /** As of the last check; starts another when that was a minute ago. */
  get tooFarBehind(): boolean {
    const now = this.now();
    if (now - this.#checkedAt >= CHECK_EVERY_MS) {
      this.#checkedAt = now;
      // When it cannot be asked, the last answer stands; a server that is away refuses records anyway.
      this.check().catch(() => undefined);
    }
    return this.#tooFarBehind;
  }

  async check(): Promise<void> {
    const floor = await this.#acknowledgedUpTo();
    // The first message from there on (NATS ADR-31); the client's type knows only an exact sequence.
    const from = { seq: floor + 1, next_by_subj: 'drawbridge.commands.>' };
    const oldest = await this.connection.manager.streams.getMessage(COMMANDS_STREAM, from);
    this.#tooFarBehind = oldest !== null && this.now() - oldest.time.getTime() > MAX_LAG_MS;
  }

  async #acknowledgedUpTo(): Promise<number> {
    try {
      const { ack_floor } = await this.connection.manager.consumers.info(
        COMMANDS_STREAM,
        AUDIT_DURABLE,
      );
      return ack_floor.stream_seq;
    } catch (error) {
      const none =
        error instanceof JetStreamApiError && error.code === JetStreamApiCodes.ConsumerNotFound;
      // Audit has never run: everything waits for it.
      if (none) return 0;
      throw error;
    }
  }
}
