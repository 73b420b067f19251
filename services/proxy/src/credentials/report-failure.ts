import type { LoggerService } from '@nestjs/common';

/** Hears of every failed renewal, with how long calls can still go on. */
export type ReportFailure = (error: unknown, usableMs: number) => void;

/** Says in the log that a renewal failed, before a call has to be refused for it. */
export const reportFailure =
  (logger: LoggerService, connection: string, what: string): ReportFailure =>
  (error, usableMs) => {
    const usableSeconds = Math.round(usableMs / 1_000);
    logger.warn({ msg: 'credential not renewed', connection, what, usableSeconds, err: error });
  };
