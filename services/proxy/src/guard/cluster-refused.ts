/**
 * The cluster refused the dry-run of a call, as it would the call: the client gets that answer. Values are masked in
 * it already.
 */
export class ClusterRefused extends Error {
  override readonly name = 'ClusterRefused';

  constructor(readonly answer: PassedAnswer) {
    super('the cluster refused the dry-run');
  }
}

export interface PassedAnswer {
  readonly statusCode: number;
  readonly contentType: string;
  readonly body: Buffer;
}
