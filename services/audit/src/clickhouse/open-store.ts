import { setTimeout as wait } from 'node:timers/promises';
import type { LoggerService } from '@nestjs/common';
import { applyMigrations, type Schema } from './apply-migrations.js';
import { keepForDays } from './keep-for-days.js';
import { requireTables } from './require-tables.js';
import { SchemaError } from './schema-error.js';

const DEADLINE_MS = 60_000;
const PAUSE_MS = 500;

export interface OpenOptions {
  readonly retentionDays: number;
  readonly logger: LoggerService;
}

/**
 * Waits for ClickHouse, brings its schema to this version and checks it.
 *
 * @throws SchemaError, or ClickHouse's own error when it does not answer within a minute
 */
export async function openStore(schema: Schema, options: OpenOptions): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  for (;;) {
    try {
      await applyMigrations(schema);
      await keepForDays(schema, options.retentionDays);
      await requireTables(schema);
      return;
    } catch (error) {
      if (error instanceof SchemaError || performance.now() > deadline) throw error;
      options.logger.warn({ msg: 'ClickHouse is not ready yet', err: error });
      await wait(PAUSE_MS);
    }
  }
}
