import type { LoggerService } from '@nestjs/common';

/** Hears of every failed renewal, with how long calls can still go on. */
export type ReportFailure = (error: unknown, usableMs: number) => void;

/** A connection to EKS has a session for every grant, and they fail together. */
const QUIET_MS = 5_000;

/**
 * Says in the log that a renewal failed, before a call has to be refused for it: at once, then at most every five
 * seconds for all that fail alike, with how many did.
 */
export function reportFailure(
  logger: Pick<LoggerService, 'warn'>,
  connection: string,
  what: string,
): ReportFailure {
  let quietUntilMs = -Infinity;
  let unsaid = 0;
  return (error, usableMs) => {
    const now = performance.now();
    if (now < quietUntilMs) {
      unsaid += 1;
      return;
    }
    const usableSeconds = Math.round(usableMs / 1_000);
    const more = unsaid === 0 ? {} : { unsaid };
    quietUntilMs = now + QUIET_MS;
    unsaid = 0;
    logger.warn({
      msg: 'credential not renewed',
      connection,
      what,
      usableSeconds,
      ...more,
      err: error,
    });
  };
}
