import type { UpstreamCall } from '../upstream-call.js';

/** Whoever keeps the connection. */
export interface Http2Owner {
  /** The other side has said who it is: calls may come. */
  ready(): void;
  /** A head has come: the cluster answers. */
  answered(): void;
  /** A call was not answered in time. */
  timedOut(): void;
  /** Its stream is over. */
  left(call: UpstreamCall): void;
  /** It changes nothing and has no answer yet. @param seen - whether the cluster may have looked at it */
  again(call: UpstreamCall, seen: boolean): void;
  /** @param fault - why, when the other side did what it may not do, or nothing at all */
  gone(fault: Error | undefined): void;
}
