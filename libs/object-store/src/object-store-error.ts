import { AppError } from '@drawbridge/kernel';

/**
 * `object_missing`: nobody has put it, or it was kept for long enough. `object_damaged`: what stands there has another
 * hash. `object_store_unavailable`: disk or S3 cannot be used at the moment. `object_store_invalid`: the address names
 * no store.
 */
export type ObjectStoreErrorCode =
  'object_missing' | 'object_damaged' | 'object_store_unavailable' | 'object_store_invalid';

export class ObjectStoreError extends AppError<ObjectStoreErrorCode> {}
