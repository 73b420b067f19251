import type { LoggerService } from '@nestjs/common';
import { rootsOf, TimestampRefused } from '@drawbridge/integrity';
import { auditEventStore, type JetStreamConnection } from '@drawbridge/jetstream';
import type { Clock } from '@drawbridge/kernel';
import { ConfigInvalid, readSecretFile, type HealthChecks } from '@drawbridge/runtime';
import type { AuditConfig } from '../config.js';
import { Sealer } from './sealer.js';
import { SealingAlarm } from './sealing-alarm.js';
import { signingKeysOf } from './signing-keys.js';
import { Timestamper } from './timestamper.js';

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
export function startSealing(config: AuditConfig, parts: SealingDependencies): Sealing {
  const { connection, logger, clock } = parts;
  const keys = signingKeysOf(config);
  if (keys === undefined) {
    logger.warn(
      'AUDIT_SIGNING_KEY_FILE is not set: nobody can prove later that the record is whole',
    );
    return { health: {}, figures: () => ({}), close: () => Promise.resolve() };
  }
  const everyMs = config.AUDIT_SEAL_SECONDS * 1_000;
  const events = auditEventStore(connection, 'audit');
  const alarm = new SealingAlarm({ events, clock, logger, name: keys.name });
  const sealer = new Sealer({ connection, keys, logger, clock, everyMs, alarm });
  const timestamper = timestamperOf(config, parts);
  sealer.start();
  timestamper?.start();
  return {
    health: { sealing: () => sealer.healthy },
    // A time stamper that is away is told of in the figures: the record is sealed all the same.
    figures: () => ({ ...sealer.figures(), ...timestamper?.figures() }),
    close: async () => {
      await Promise.all([sealer.close(), timestamper?.close()]);
    },
  };
}

function timestamperOf(config: AuditConfig, parts: SealingDependencies): Timestamper | undefined {
  const { AUDIT_TIMESTAMP_URL: url, AUDIT_TIMESTAMP_CA_FILE: file } = config;
  if (url === undefined) return undefined;
  const everyMs = config.AUDIT_TIMESTAMP_SECONDS * 1_000;
  return new Timestamper({ ...parts, url, everyMs, roots: readRoots(file) });
}

function readRoots(file: string | undefined): string {
  const variable = 'AUDIT_TIMESTAMP_CA_FILE';
  const problem = (message: string) => new ConfigInvalid([{ variable, message }]);
  if (file === undefined) throw problem('is needed with AUDIT_TIMESTAMP_URL');
  const pem = readSecretFile(variable, file);
  try {
    rootsOf(pem);
    return pem;
  } catch (error) {
    if (!(error instanceof TimestampRefused)) throw error;
    throw problem(`the file "${file}" holds no certificates in PEM`);
  }
}
