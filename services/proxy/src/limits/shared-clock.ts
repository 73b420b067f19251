const offsetMs = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** Milliseconds that never go back and are the same in every thread, where `performance.now()` begins with each. */
export const sharedNow = (): number => performance.now() + offsetMs;
