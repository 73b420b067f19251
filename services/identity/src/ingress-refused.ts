import { AppError } from '@drawbridge/kernel';
import type { AccessRequestRefusal } from './domain/access-request.js';

/** What the ingress refuses besides bad input, bad tokens and the rules of an access request. */
export type IngressRefusal =
  | 'idempotency_key_invalid'
  | 'withdrawal_not_allowed'
  | 'readers_only'
  | 'too_many_requests'
  | 'too_many_open_requests'
  | 'too_many_waiters'
  | 'access_requests_unavailable'
  | 'discovery_unavailable';

export class IngressRefused extends AppError<IngressRefusal> {}

/** HTTP status of every refusal of this service. */
export const identityStatus: Readonly<Record<AccessRequestRefusal | IngressRefusal, number>> = {
  idempotency_key_invalid: 400,
  idempotency_key_reused: 422,
  access_request_unknown: 404,
  access_request_final: 409,
  withdrawal_not_allowed: 403,
  readers_only: 403,
  too_many_requests: 429,
  too_many_open_requests: 429,
  too_many_waiters: 429,
  access_requests_unavailable: 503,
  discovery_unavailable: 503,
};
