import type { LoggerService } from '@nestjs/common';
import type { Clock } from '@drawbridge/kernel';
import { openObjectStore, type ObjectStore } from '@drawbridge/object-store';
import type { Closers } from '@drawbridge/runtime';
import type { AuditConfig } from '../config.js';
import { sweepBodies } from './sweep-bodies.js';

/** Opens where long bodies are, and keeps it clean. @throws `object_store_invalid` */
export function openBodyObjects(
  config: Pick<AuditConfig, 'BODY_STORE_URL' | 'CLICKHOUSE_RETENTION_DAYS'>,
  parts: { readonly clock: Clock; readonly logger: LoggerService },
  closers: Closers,
): ObjectStore | undefined {
  const { BODY_STORE_URL: address, CLICKHOUSE_RETENTION_DAYS: retentionDays } = config;
  if (address === undefined) return undefined;
  const objects = openObjectStore(address);
  closers.add(() => objects.close());
  closers.add(sweepBodies({ ...parts, objects, retentionDays }));
  return objects;
}
