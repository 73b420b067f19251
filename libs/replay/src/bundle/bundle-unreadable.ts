import { AppError } from '@drawbridge/kernel';

/**
 * `bundle_unreadable`: no bundle of ours, or not all of it. `bundle_altered`: a file is not what its manifest says.
 * `bundle_too_large`: more than is taken into memory.
 */
export class BundleUnreadable extends AppError<
  'bundle_unreadable' | 'bundle_altered' | 'bundle_too_large'
> {}
