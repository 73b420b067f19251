import { DirectoryStore } from './directory-store.js';
import { KnownObjects } from './known-objects.js';
import type { ObjectStore } from './object-store.js';
import { S3Store } from './s3-store.js';
import { storePlace } from './store-place.js';

/**
 * Opens the store at an address; nothing is asked of it yet.
 *
 * @throws ObjectStoreError `object_store_invalid`
 */
export function openObjectStore(address: string): ObjectStore {
  const place = storePlace(address);
  if (place.type === 'directory') return new DirectoryStore(place.path);
  return new KnownObjects(new S3Store(place));
}
