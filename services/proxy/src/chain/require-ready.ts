import { CallRefused } from '../domain/call-refused.js';
import type { Exchange, Step } from './exchange.js';

export interface Readiness {
  /** All grants and the trust bundle are here and current, within about two seconds. */
  isReady(): boolean;
  /** The clock has differed from the one of NATS for too long. */
  isClockWrong(): boolean;
  /** The gateway is on its way down. */
  isDraining(): boolean;
}

/** Refuses every call while grants or trust are not known: a revocation could have been missed. */
export const requireReady =
  <Call extends Exchange>(readiness: Readiness): Step<Call, Call> =>
  (next) =>
  (call) => {
    checkReady(readiness);
    return next(call);
  };

/** @throws {@link CallRefused} `proxy_draining`, `proxy_not_ready` or `clock_skewed` */
export function checkReady(readiness: Readiness): void {
  if (readiness.isDraining()) {
    throw new CallRefused('proxy_draining', 'the gateway is stopping; connect again');
  }
  if (!readiness.isReady()) {
    throw new CallRefused(
      'proxy_not_ready',
      'the gateway does not know all grants at the moment; try again in a few seconds',
    );
  }
  if (readiness.isClockWrong()) {
    throw new CallRefused(
      'clock_skewed',
      'the clock of this gateway is wrong, so it cannot tell which grants are open; try again, or another replica',
    );
  }
}
