import type { TimeWindow } from '@drawbridge/contracts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
/** 1970 began on one. */
const THURSDAY = 3;

/**
 * What the clock on the wall shows, as milliseconds that are no instant: two of one time zone can be compared, and
 * a day has 24 hours also when the clocks are changed.
 *
 * @param at - UTC, RFC 3339
 */
export function wallClockOf(timeZone: string, at: string): number {
  const format = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit' },
    ...{ hour: '2-digit', minute: '2-digit', second: '2-digit' },
  });
  const parts = new Map(
    format.formatToParts(Date.parse(at)).map(({ type, value }) => [type, value]),
  );
  const part = (name: Intl.DateTimeFormatPartTypes) => Number(parts.get(name));
  const date = Date.UTC(part('year'), part('month') - 1, part('day'));
  return date + (part('hour') * 60 + part('minute')) * MINUTE_MS + part('second') * 1000;
}

/** A local time of a document, e.g. `2026-11-02T09:00`, in the same measure. */
export const wallClockAt = (localTime: string): number => Date.parse(`${localTime}Z`);

/** Whether an instant is within days and hours; hours over midnight belong to the day on which they begin. */
export function isWithinHours(window: TimeWindow, at: string): boolean {
  const wall = wallClockOf(window.timeZone, at);
  const day = Math.floor(wall / DAY_MS) + THURSDAY;
  const minutes = Math.floor((wall % DAY_MS) / MINUTE_MS);
  const isNamed = (index: number) => {
    const name = days[index % 7];
    return name !== undefined && (window.days ?? days).includes(name);
  };
  const [from = 0, to = 0] = (window.hours ?? '00:00-24:00').split('-').map(minutesOf);
  if (from < to) return isNamed(day) && minutes >= from && minutes < to;
  return (isNamed(day) && minutes >= from) || (isNamed(day - 1) && minutes < to);
}

function minutesOf(text: string): number {
  const [hours = 0, minutes = 0] = text.split(':').map(Number);
  return hours * 60 + minutes;
}
