import { AppError, codeOf, EventStoreError } from '@drawbridge/kernel';
import type { Problem } from '@drawbridge/contracts';
import { TokenRefused, tokenStatus } from '@drawbridge/token';
import { RequestRefused, requestStatus } from './request-refused.js';

/** HTTP status by error code, as a service registers it for its own refusals. */
export type StatusTable = Readonly<Record<string, number>>;

const titles: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Not authenticated',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  410: 'Gone',
  413: 'Too large',
  415: 'Unsupported content type',
  422: 'Refused',
  429: 'Too many requests',
  500: 'Internal error',
  502: 'Bad gateway',
  503: 'Not available',
};

const kernelStatus: Readonly<Record<EventStoreError['code'], number>> = {
  append_conflict: 409,
  event_store_unavailable: 503,
  unreadable_event: 500,
};

/** What a caller may learn about an error: a code we know with its message, anything else is `internal_error`. */
export function problemOf(error: unknown, statuses: StatusTable = {}): Problem {
  const code = codeOf(error);
  const status = statusOf(error, statuses);
  if (code === undefined || status === undefined || !(error instanceof AppError)) {
    return internalError;
  }
  return {
    type: `urn:drawbridge:problem:${code}`,
    title: titles[status] ?? 'Refused',
    status,
    code,
    detail: error.message,
    ...(error instanceof RequestRefused && error.errors.length > 0
      ? { errors: error.errors.map(({ field, message }) => ({ field, message })) }
      : {}),
  };
}

const internalError: Problem = {
  type: 'urn:drawbridge:problem:internal_error',
  title: 'Internal error',
  status: 500,
  code: 'internal_error',
  detail: 'something went wrong on our side; the request id finds it in the logs',
};

function statusOf(error: unknown, statuses: StatusTable): number | undefined {
  if (error instanceof RequestRefused) return requestStatus[error.code];
  if (error instanceof TokenRefused) return tokenStatus[error.code];
  if (error instanceof EventStoreError) return kernelStatus[error.code];
  const code = codeOf(error);
  return code !== undefined && Object.hasOwn(statuses, code) ? statuses[code] : undefined;
}
