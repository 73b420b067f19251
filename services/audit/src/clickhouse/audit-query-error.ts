import { ClickHouseError } from '@clickhouse/client';
import { AppError } from '@drawbridge/kernel';

/**
 * Why a query has no answer. `audit_query_too_expensive`: it would take too long or too much memory.
 * `audit_store_unavailable`: ClickHouse does not answer. `audit_busy`: too many queries run already.
 */
export class AuditQueryError extends AppError<
  'audit_query_too_expensive' | 'audit_store_unavailable' | 'audit_busy'
> {}

/** TIMEOUT_EXCEEDED, TOO_SLOW, MEMORY_LIMIT_EXCEEDED, TOO_MANY_ROWS_OR_BYTES, TOO_MANY_ROWS, TOO_MANY_BYTES. */
const TOO_EXPENSIVE = new Set(['159', '160', '241', '396', '158', '307']);

/** Never carries ClickHouse's own message to the caller: it may quote data of others. */
export function auditQueryError(error: unknown): AuditQueryError {
  if (error instanceof ClickHouseError && TOO_EXPENSIVE.has(error.code)) {
    const message =
      'the query takes too long or too much memory: narrow it with "since" and "until"';
    return new AuditQueryError('audit_query_too_expensive', message, { cause: error });
  }
  return new AuditQueryError('audit_store_unavailable', 'the audit store does not answer', {
    cause: error,
  });
}
