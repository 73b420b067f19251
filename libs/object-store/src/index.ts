export { DirectoryStore } from './directory-store.js';
export { MAX_OBJECT_BYTES, type ObjectStore } from './object-store.js';
export { ObjectStoreError, type ObjectStoreErrorCode } from './object-store-error.js';
export { openObjectStore } from './open-object-store.js';
export { storePlace, type S3Place, type StorePlace } from './store-place.js';
