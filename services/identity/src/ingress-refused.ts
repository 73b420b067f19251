import { AppError } from '@drawbridge/kernel';
import type { StopRefusal } from '@drawbridge/stops';
import type { LoginRefusal } from './http/require-fresh-login.js';
import type { AccessRequestRefusal } from './domain/access-request.js';

/** What the ingress refuses besides bad input, bad tokens and the rules of an access request. */
export type IngressRefusal =
  | 'idempotency_key_invalid'
  | 'withdrawal_not_allowed'
  | 'answer_not_allowed'
  | 'extension_request_not_allowed'
  | 'readers_only'
  | 'agent_issuer_unknown'
  | 'too_many_disabled_agents'
  | 'start_invalid'
  | 'run_not_yours'
  | 'behalf_token_invalid'
  | 'identical_request_open'
  | 'too_many_requests'
  | 'too_many_open_requests'
  | 'too_many_waiters'
  | 'access_requests_unavailable'
  | 'discovery_unavailable'
  | 'policy_unavailable';

export class IngressRefused extends AppError<IngressRefusal> {}

/** The caller asks for what another open request of theirs is for. */
export class IdenticalRequestOpen extends IngressRefused {
  constructor(readonly requestId: string) {
    super(
      'identical_request_open',
      `your access request ${requestId} is for the same and is open: follow it, or withdraw it first`,
    );
  }
}

/** HTTP status of every refusal of this service. */
export const identityStatus: Readonly<
  Record<AccessRequestRefusal | IngressRefusal | StopRefusal | LoginRefusal, number>
> = {
  idempotency_key_invalid: 400,
  idempotency_key_reused: 422,
  access_request_unknown: 404,
  access_request_final: 409,
  withdrawal_not_allowed: 403,
  answer_not_allowed: 403,
  question_unknown: 404,
  question_answered: 409,
  step_up_required: 401,
  step_up_too_old: 401,
  step_up_too_weak: 401,
  grant_not_open: 409,
  extension_pending: 409,
  too_many_rounds: 429,
  extension_request_not_allowed: 403,
  readers_only: 403,
  admins_only: 403,
  agent_issuer_unknown: 422,
  too_many_disabled_agents: 409,
  start_invalid: 422,
  run_not_yours: 403,
  behalf_token_invalid: 403,
  identical_request_open: 409,
  too_many_requests: 429,
  too_many_open_requests: 429,
  too_many_waiters: 429,
  access_requests_unavailable: 503,
  discovery_unavailable: 503,
  policy_unavailable: 503,
};
