/** Whether the tables give this instant back as it is written: they keep milliseconds, and write three digits of them. */
export const isKeptInstant = (instant: string | null | undefined): boolean =>
  typeof instant === 'string' && /T\d\d:\d\d:\d\d\.\d{3}Z$/.test(instant);
