import { AppError } from '@drawbridge/kernel';

/**
 * A timestamp that proves nothing.
 *
 * - `timestamp_malformed` - not the reply of a time stamper, RFC 3161
 * - `timestamp_denied` - the time stamper says that it did not stamp
 * - `timestamp_foreign` - it is of something else: another hash, or the answer to another question
 * - `timestamp_signature_wrong` - whoever is named in it has not signed it
 * - `timestamp_untrusted` - no certificate that is trusted vouches for the time stamper at that time
 */
export class TimestampRefused extends AppError<
  | 'timestamp_malformed'
  | 'timestamp_denied'
  | 'timestamp_foreign'
  | 'timestamp_signature_wrong'
  | 'timestamp_untrusted'
> {}

export const signatureWrong = (why: string) =>
  new TimestampRefused(
    'timestamp_signature_wrong',
    `the timestamp is not signed as it says: ${why}`,
  );
