/**
 * Whether the tables give this instant back as it is written: they keep milliseconds, and write three digits of them; and
 * what is before 1900 or after 2299 becomes another one, of which only the years that a clock can mean are taken.
 */
export const isKeptInstant = (instant: string | null | undefined): boolean =>
  typeof instant === 'string' && /^2[01]\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(instant);
