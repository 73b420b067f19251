import { readFileSync } from 'node:fs';
import { ClickHouseLogLevel, createClient, type ClickHouseClient } from '@clickhouse/client';
import { readSecretFile } from '@drawbridge/runtime';
import type { AuditConfig } from '../config.js';

/** A client of the ClickHouse server that the configuration names. */
export function createServerClient(config: AuditConfig): ClickHouseClient {
  const passwordFile = config.CLICKHOUSE_PASSWORD_FILE;
  const authorityFile = config.CLICKHOUSE_CA_FILE;
  return createClient({
    url: config.CLICKHOUSE_URL,
    username: config.CLICKHOUSE_USER,
    password:
      passwordFile === undefined ? '' : readSecretFile('CLICKHOUSE_PASSWORD_FILE', passwordFile),
    application: 'drawbridge-audit',
    request_timeout: 30_000,
    max_open_connections: 8,
    // Every failure reaches its caller, and our logger knows what must not be logged.
    log: { level: ClickHouseLogLevel.OFF },
    compression: { request: false, response: true },
    ...(authorityFile === undefined ? {} : { tls: { ca_cert: readFileSync(authorityFile) } }),
  });
}
