/**
 * The cluster refused the dry-run of a call, as it would the call: the client gets its answer. What it says may
 * name values of the object.
 */
export class ClusterRefused extends Error {
  override readonly name = 'ClusterRefused';

  constructor(
    readonly statusCode: number,
    /** As the cluster put it. */
    readonly said: string,
    /** `reason` of its `Status`, by which clients decide what to do. */
    readonly reason: string | undefined,
  ) {
    super('the cluster refused the dry-run');
  }
}
