/** The longest object that is put: longer things are put in pieces, so that nobody has to hold them whole. */
export const MAX_OBJECT_BYTES = 1_048_576;

/**
 * Keeps bytes under the hash of their content: what is put twice is there once, and what comes out is what went in, or
 * an error. Objects are never changed.
 */
export interface ObjectStore {
  /**
   * Durable when it resolves. Putting what is there already keeps it from being swept for as long again.
   *
   * @param sha256 - of `bytes`, in hex
   * @throws ObjectStoreError `object_store_unavailable`
   */
  put(sha256: string, bytes: Uint8Array): Promise<void>;
  /**
   * The bytes, whose hash was taken again.
   *
   * @throws ObjectStoreError `object_missing`, `object_damaged`, `object_store_unavailable`
   */
  get(sha256: string): Promise<Buffer>;
  /**
   * Deletes what nobody has put since then.
   *
   * @returns how many there were @throws ObjectStoreError `object_store_unavailable`
   */
  sweep(before: Date): Promise<number>;
  close(): void;
}
