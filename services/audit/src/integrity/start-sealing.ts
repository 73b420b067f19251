import type { LoggerService } from '@nestjs/common';
import type { JetStreamConnection } from '@drawbridge/jetstream';
import type { Clock } from '@drawbridge/kernel';
import type { HealthChecks } from '@drawbridge/runtime';
import type { AuditConfig } from '../config.js';
import { Sealer } from './sealer.js';
import { signingKeysOf } from './signing-keys.js';

export interface SealingDependencies {
  readonly connection: JetStreamConnection;
  readonly logger: LoggerService;
  readonly clock: Clock;
}

export interface Sealing {
  readonly health: HealthChecks;
  figures(): Readonly<Record<string, number>>;
  close(): Promise<void>;
}

/**
 * Starts to seal the record, when there is a key to sign with.
 *
 * @throws ConfigInvalid
 */
export function startSealing(
  config: AuditConfig,
  { connection, logger, clock }: SealingDependencies,
): Sealing {
  const keys = signingKeysOf(config);
  if (keys === undefined) {
    logger.warn(
      'AUDIT_SIGNING_KEY_FILE is not set: nobody can prove later that the record is whole',
    );
    return { health: {}, figures: () => ({}), close: () => Promise.resolve() };
  }
  const everyMs = config.AUDIT_SEAL_SECONDS * 1_000;
  const sealer = new Sealer({ connection, keys, logger, clock, everyMs });
  sealer.start();
  return {
    health: { sealing: () => sealer.healthy },
    figures: () => sealer.figures(),
    close: () => sealer.close(),
  };
}
