import { AppError } from '@drawbridge/kernel';
import type { DenyReason } from './authorize.js';

/** Why the gateway refused a call, or could not complete it. Closed; each stands in `docs/errors.md`. */
export type CallRefusal =
  | DenyReason
  | 'guardrail_denied'
  | 'malformed_request'
  | 'malformed_kube_path'
  | 'malformed_kube_query'
  | 'upgrade_unsupported'
  | 'upgrade_required'
  | 'host_unknown'
  | 'path_unknown'
  | 'connection_unknown'
  | 'method_not_supported'
  | 'http_version_unsupported'
  | 'expectation_failed'
  | 'headers_too_large'
  | 'request_timeout'
  | 'body_too_large'
  | 'impersonation_refused'
  | 'continue_refused'
  | 'not_acceptable'
  | 'answer_not_filterable'
  | 'answer_not_maskable'
  | 'masked_value_read'
  | 'masked_value_written'
  | 'port_forward_refused'
  | 'review_malformed'
  | 'review_type_unsupported'
  | 'identity_refused'
  | 'binding_unavailable'
  | 'too_many_requests'
  | 'too_many_calls'
  | 'clock_skewed'
  | 'proxy_not_ready'
  | 'proxy_draining'
  | 'record_unavailable'
  | 'grant_use_uncounted'
  | 'grant_use_unnoted'
  | 'csr_invalid'
  | 'client_authority_missing'
  | 'hold_unavailable'
  | 'credential_unavailable'
  | 'connector_unavailable'
  | 'upstream_unreachable'
  | 'upstream_busy'
  | 'upstream_suspended'
  | 'upstream_timeout'
  | 'upstream_failed'
  | 'upstream_redirect'
  | 'upstream_credential_refused'
  | 'internal_error';

/** The call gets this answer instead of the cluster's. `message` is for the caller, `cause` for the log. */
export class CallRefused extends AppError<CallRefusal> {}

/** HTTP status of every refusal: the one place where a reason becomes an answer. */
export const refusalStatus: Readonly<Record<CallRefusal, number>> = {
  malformed_request: 400,
  malformed_kube_path: 400,
  malformed_kube_query: 400,
  upgrade_required: 400,
  review_malformed: 400,
  no_grant: 403,
  grant_expired: 403,
  grant_group_lost: 403,
  grant_not_started: 403,
  grant_run_wrong: 403,
  grant_revoked: 403,
  grant_withdrawn: 403,
  grant_used_up: 403,
  grant_idle: 403,
  bridges_raised: 403,
  grant_key_required: 403,
  grant_key_wrong: 403,
  not_in_scope: 403,
  path_not_allowed: 403,
  proxy_subresource_refused: 403,
  token_request_refused: 403,
  upgrade_unsupported: 403,
  port_forward_refused: 403,
  evaluation_failed: 403,
  guardrail_denied: 403,
  impersonation_refused: 403,
  identity_refused: 403,
  path_unknown: 404,
  connection_unknown: 404,
  verb_unknown: 405,
  method_not_supported: 405,
  not_acceptable: 406,
  request_timeout: 408,
  continue_refused: 410,
  body_too_large: 413,
  review_type_unsupported: 415,
  expectation_failed: 417,
  csr_invalid: 422,
  masked_value_read: 422,
  masked_value_written: 422,
  host_unknown: 421,
  too_many_requests: 429,
  too_many_calls: 429,
  headers_too_large: 431,
  internal_error: 500,
  upstream_failed: 502,
  answer_not_filterable: 502,
  answer_not_maskable: 502,
  upstream_unreachable: 502,
  upstream_redirect: 502,
  upstream_credential_refused: 502,
  clock_skewed: 503,
  proxy_not_ready: 503,
  proxy_draining: 503,
  record_unavailable: 503,
  grant_use_uncounted: 503,
  grant_use_unnoted: 503,
  client_authority_missing: 503,
  hold_unavailable: 503,
  credential_unavailable: 503,
  connector_unavailable: 503,
  binding_unavailable: 503,
  upstream_busy: 503,
  upstream_suspended: 503,
  upstream_timeout: 504,
  http_version_unsupported: 505,
};
