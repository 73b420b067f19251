/** How a call to a cluster can fail; `upstreamFailure` says it to the client. */
export type UpstreamFaultKind =
  /** No connection, or none whose certificate is believed. */
  | 'unreachable'
  /** Connected, or about to be, and then silent for too long. */
  | 'timeout'
  /** Every connection that there may be is in use. */
  | 'busy'
  /** What came is no HTTP that everybody reads alike. */
  | 'not_http'
  /** The connection ended in the middle. */
  | 'broken';

/** A call to a cluster that failed. Its message and cause are for our log: they may name addresses. */
export class UpstreamFault extends Error {
  override readonly name = 'UpstreamFault';

  constructor(
    readonly kind: UpstreamFaultKind,
    message: string,
    options: ErrorOptions = {},
  ) {
    super(message, options);
  }
}

/** @param what - what was expected or came, never bytes of the answer */
export const notHttp = (what: string) => new UpstreamFault('not_http', `the answer: ${what}`);
