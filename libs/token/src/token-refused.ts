import { AppError } from '@drawbridge/kernel';

/** Why a bearer token was not believed. Closed list; each stands in `docs/errors.md`. */
export type TokenRefusal =
  | 'token_missing'
  | 'token_malformed'
  | 'token_in_query'
  | 'token_too_large'
  | 'token_type_refused'
  | 'token_algorithm_refused'
  | 'token_issuer_unknown'
  | 'token_key_unknown'
  | 'token_signature_invalid'
  | 'token_audience_wrong'
  | 'token_party_wrong'
  | 'token_expired'
  | 'token_not_yet_valid'
  | 'token_too_old'
  | 'token_claims_invalid'
  | 'token_subject_disabled'
  | 'trust_unavailable';

/** The token, or what it says, is refused. The message never holds any part of the token. */
export class TokenRefused extends AppError<TokenRefusal> {}

/**
 * HTTP status of each refusal. 401 makes a client fetch a fresh token, so it stands only where one could
 * help; a genuine token that says something unusable is 403, and missing trust is our own fault.
 */
export const tokenStatus: Readonly<Record<TokenRefusal, number>> = {
  token_missing: 401,
  token_malformed: 401,
  token_in_query: 401,
  token_too_large: 401,
  token_type_refused: 401,
  token_algorithm_refused: 401,
  token_issuer_unknown: 401,
  token_key_unknown: 401,
  token_signature_invalid: 401,
  token_audience_wrong: 401,
  token_party_wrong: 401,
  token_expired: 401,
  token_not_yet_valid: 401,
  token_too_old: 401,
  token_claims_invalid: 403,
  token_subject_disabled: 403,
  trust_unavailable: 503,
};
