import { AppError } from '@drawbridge/kernel';

/**
 * Why the keys of an issuer could not be read. Never answered to a caller: it stands in the log, and the
 * issuer's last good keys stay in use.
 */
export type IssuerProblem =
  | 'issuer_address_refused'
  | 'issuer_unreachable'
  | 'issuer_response_too_large'
  | 'issuer_metadata_invalid'
  | 'issuer_keys_invalid';

export class IssuerUnusable extends AppError<IssuerProblem> {}
